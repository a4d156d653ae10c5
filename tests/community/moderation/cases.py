"""What can be complained of, what members were told, and what was decided."""

from datetime import timedelta

from community.models import Comment, Event, ModerationAction, Notice, Pair, Restock
from dropshop.core.clock import database_time
from tests.make import make_post, make_sneaker, make_store


def things_of(member):
    """One of each kind that can be complained of."""
    item = make_post(member, "buy pills")
    now = database_time()
    event = {"starts_at": now, "ends_at": now + timedelta(hours=1), "place": (1, 1), "city": "Oslo", "venue": "Pier 1"}
    return {
        "item": item,
        "comment": Comment.objects.create(item=item, author=member, text="buy pills"),
        "restock": Restock.objects.create(store=make_store(), sneaker=make_sneaker(), reporter=member, note="buy pills"),
        "pair": Pair.objects.create(owner=member, sneaker=make_sneaker(), size="9", notes="buy pills", visibility="public"),
        "event": Event.objects.create(host=member, title="Pills", text="buy pills", **event),
        "person": member,
    }


def told(member):
    return list(Notice.objects.filter(member=member).order_by("created_at").values_list("kind", "text"))


def actions():
    return list(ModerationAction.objects.order_by("created_at").values_list("action", "reason"))
