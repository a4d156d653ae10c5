"""What the export and erasing need of the networks and devices on which members were seen, and of how they sign in."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from community.people.subjects import Export, Subject

SUBJECT = Subject(
    exports={
        "sightings": Export(lambda member: member.sightings.order_by("pk"), ("kind", "first_at", "last_at")),
        "accounts_elsewhere": Export(
            lambda member: SocialAccount.objects.filter(user=member).order_by("pk"),
            ("provider", "uid", "extra_data", "date_joined", "last_login"),
        ),
        "second_factors": Export(
            lambda member: Authenticator.objects.filter(user=member).order_by("pk"), ("type", "created_at", "last_used_at")
        ),
    },
    deletes=("sightings", "socialaccount_set"),
)
