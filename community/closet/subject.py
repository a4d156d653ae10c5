"""What the export, erasing and moderation need of closets."""

from community.closet import hooks
from community.closet.facts import visible_to
from community.closet.models import Pair, PairPicture
from community.notifications.models import Notice
from community.people.models import Member
from community.people.subjects import Export, Reportable, Subject
from dropshop.core.clock import database_time


def _after_change(pair: Pair) -> None:
    """Ends the offers that wait and hold the pair, when it is hidden. A promised pair stays promised."""
    if pair.hidden:
        hooks.pairs_changed.value([pair.pk], "A pair in it was hidden by a moderator.")


def _forget(member: Member) -> set[str]:
    """`community.trades.subject` has locked the pairs before. A promised pair is kept: staff may still undo its trade."""
    mine = Pair.objects.filter(owner=member)
    ids = list(mine.values_list("pk", flat=True))
    pictures = PairPicture.objects.filter(pair__in=ids)
    files = set(pictures.values_list("image", flat=True))
    pictures.delete()
    mine.update(notes="", price=None, visibility="private", for_trade=False, folder=None)
    mine.filter(promised_in=None).update(removed_at=database_time())
    Notice.objects.filter(cause__in=[f"pair:{pk}" for pk in ids]).delete()
    return set(hooks.unused_photographs.value(files, ids))


SUBJECT = Subject(
    first_lock=4,
    exports={
        "pairs": Export(
            lambda member: member.pairs.all(),
            (
                *("id", "sneaker__style_code", "size", "condition", "price", "currency", "notes", "folder__name", "visibility"),
                *("for_trade", "purchase", "removed_at", "created_at"),
            ),
        ),
        "pair_pictures": Export(lambda member: PairPicture.objects.filter(pair__owner=member), ("pair", "image", "alt")),
        "folders": Export(lambda member: member.folders.all(), ("name",)),
    },
    forget=_forget,
    deletes=("folders",),
    mentions=((Pair, "notes"),),
    reportable=(
        Reportable(
            name="pair",
            model=Pair,
            owner="owner",
            visible=visible_to,
            text=lambda pair: pair.notes,
            yours="your pair",
            is_gone=lambda pair: pair.removed_at is not None,
            after_change=_after_change,
            related=("owner", "sneaker"),
        ),
    ),
)
