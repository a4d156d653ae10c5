"""`notices/preferences`: which notices I get by e-mail, and when."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.notice_emails import choices
from community.notice_emails.serializers import ChosenSerializer, PreferencesSerializer
from community.people.models import Member
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.validation import validated
from dropshop.core.notice_groups import groups


@extend_schema(
    methods=["GET"],
    operation_id="read_notice_preferences",
    summary="Which notices I get by e-mail",
    tags=["notices"],
    responses=PreferencesSerializer,
)
@extend_schema(
    methods=["PATCH"],
    operation_id="change_notice_preferences",
    summary="Choose which notices I get by e-mail",
    description="What is left out stays. What must be told (money, holds, the account) cannot be switched off.",
    tags=["notices"],
    request=ChosenSerializer,
    responses=PreferencesSerializer,
)
@api_view(["GET", "PATCH"])
def preferences(request: Request) -> Response:
    """What I have chosen; a PATCH changes it."""
    member = member_of(request)
    if request.method == "PATCH":
        said = validated(ChosenSerializer(data=request.data))
        ways = {kind["name"]: kind["way"] for kind in said.pop("kinds", [])}
        choices.change(member, ways=ways, **said)
    return Response(_facts(member))


def _facts(member: Member) -> dict[str, Any]:
    stored, ways = choices.stored_times(member), choices.ways_of(member)
    kinds = [
        {"name": name, "title": groups[name].title, "way": way.value, "is_locked": groups[name].is_locked}
        for name, way in ways.items()
    ]
    facts = {"kinds": kinds, "time_zone": choices.zone_of(member), "is_confirmed": choices.is_confirmed(member)}
    times = {name: getattr(stored, name) for name in ("quiet_from", "quiet_until", "digest_hour")}
    return dict(PreferencesSerializer({**facts, **times}).data)
