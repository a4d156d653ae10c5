"""What the export and erasing need of karma. Erasing empties the notes of the ledger and changes nothing else in it."""

from community.karma.models import KarmaAccount, KarmaEntry, KarmaTransfer
from community.people.models import Member
from community.people.subjects import Export, Subject


def _forget(member: Member) -> None:
    KarmaTransfer.objects.filter(member=member).exclude(note="").update(note="")


SUBJECT = Subject(
    exports={
        "karma": Export(
            lambda member: KarmaEntry.objects.filter(account__member=member).order_by("pk"),
            ("points", "balance", "transfer__rule", "transfer__source", "transfer__note", "transfer__created_at"),
        ),
        "karma_account": Export(lambda member: KarmaAccount.objects.filter(member=member), ("balance", "owed")),
    },
    forget=_forget,
)
