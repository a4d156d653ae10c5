"""What the export, erasing, moderation and karma need of restock reports and of votes about them."""

from django.db.models import QuerySet

from community.feed import items
from community.feed.models import FeedItem
from community.people import relations
from community.people.models import Member
from community.people.subjects import Export, Reportable, Subject
from community.restocks import news, votes
from community.restocks.models import Restock
from dropshop.core.live import publish_on_commit
from dropshop.core.members import Viewer


def _visible(viewer: Viewer) -> QuerySet[Restock]:
    found = Restock.objects.filter(hidden=False).select_related("reporter")
    return found.exclude(reporter__in=relations.hidden_from(viewer))


def _after_change(restock: Restock) -> None:
    """Hides its feed item, or shows it again. A report that is hidden has been judged: it ends as disputed."""
    lines = FeedItem.objects.filter(restock=restock)
    lines.update(hidden=restock.hidden)
    if restock.hidden:
        publish_on_commit(*(items.hidden_event(line) for line in lines))
        news.publish_report(restock)
        votes.overturn(restock)


def _forget(member: Member) -> set[str]:
    reports = Restock.objects.filter(reporter=member)
    pictures = set(reports.exclude(picture="").values_list("picture", flat=True))
    reports.update(note="", link="", picture="")
    return pictures


SUBJECT = Subject(
    first_lock=5,
    exports={
        "restocks": Export(
            lambda member: member.restocks.all(),
            (
                *("id", "store__name", "sneaker__style_code", "sizes", "price", "currency", "link", "picture", "note"),
                *("status", "created_at"),
            ),
        ),
        "votes": Export(lambda member: member.restock_votes.order_by("pk"), ("restock", "kind", "weight", "created_at")),
    },
    forget=_forget,
    mentions=((Restock, "note"),),
    reportable=(
        Reportable(
            name="restock",
            model=Restock,
            owner="reporter",
            visible=_visible,
            text=lambda restock: f"{restock.note} {restock.link}".strip(),
            yours="your restock report",
            after_change=_after_change,
            related=("sneaker", "store", "reporter"),
            hiding="It is hidden from everybody at once. It ends as disputed: its points are taken back.",
        ),
    ),
    addresses={"restock": "/restocks/{}/"},
)
