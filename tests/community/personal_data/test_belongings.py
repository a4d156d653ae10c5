"""What a member left in the community is told to them in full, and of what they wrote nothing stays when they go."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.karma import ledger
from community.models import (
    Attendance,
    Block,
    Comment,
    Complaint,
    EmailChoice,
    EmailTimes,
    Event,
    FeedItem,
    Folder,
    Follow,
    Like,
    Mute,
    Notice,
    Pair,
    Post,
    Restock,
    Store,
    Trade,
    Want,
)
from community.personal_data import erasure
from community.personal_data.export import everything_about
from dropshop.core.clock import database_time
from tests.make import make_sneaker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
CANARY = "canary-4711"
LIKE = "SELECT count(*) FROM {} AS t WHERE t::text LIKE %s"


@pytest.fixture
def left(alice, bob):
    """Something of alice's in every table she can write to, with a word in it that nobody else uses."""
    soon, sneaker = database_time() + timedelta(days=2), make_sneaker()
    store = Store.objects.create(name="Corner", slug="corner")
    ledger.award(alice, "restock-confirmed", source="restock:1")
    Restock.objects.create(store=store, sneaker=sneaker, reporter=alice, note=CANARY, link=f"https://example.com/{CANARY}")
    folder = Folder.objects.create(member=alice, name=CANARY)
    Pair.objects.create(owner=alice, sneaker=sneaker, size="9", notes=CANARY, folder=folder, price=100)
    Want.objects.create(member=alice, sneaker=sneaker, sizes=["9"])
    Trade.objects.create(proposer=alice, receiver=bob, message=CANARY)
    post = Post.objects.create(author=alice, text=CANARY)
    item = FeedItem.objects.create(kind="post", post=post, author=alice)
    Comment.objects.create(item=item, author=alice, text=CANARY)
    Like.objects.create(item=item, member=alice)
    Follow.objects.create(follower=alice, member=bob)
    Block.objects.create(blocker=bob, blocked=alice)
    Mute.objects.create(muter=alice, muted=bob)
    Complaint.objects.create(by=alice, item=item, reason="spam", text=CANARY)
    EmailChoice.objects.create(member=alice, group_name="trades", way="off")
    EmailTimes.objects.create(member=alice)
    Notice.objects.create(member=alice, kind="test", cause="1", text=CANARY)
    event = Event.objects.create(
        host=alice, title=CANARY, text=CANARY, venue=CANARY, city=CANARY, place="50.7,7.1",
        starts_at=soon, ends_at=soon + timedelta(hours=2),
    )  # fmt: skip
    Attendance.objects.create(event=event, member=alice, status="going")
    alice.bio = CANARY
    alice.save(update_fields=["bio"])
    return alice


def places_of_the_canary():
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(LIKE.format(connection.ops.quote_name(table)), [f"%{CANARY}%"])
            if cursor.fetchone() != (0,):
                found.append(table)
        return found


def test_everything_a_member_left_is_told_to_them(left):
    told = everything_about(left)["community"]
    assert sorted(name for name, rows in told.items() if not rows) == [
        "accounts_elsewhere",
        *("blocks", "decisions", "disputes", "emails", "pair_moves", "pair_pictures", "post_pictures", "ratings_given"),
        *("ratings_received", "second_factors", "shipments", "sightings", "silenced", "trade_pairs", "votes"),
    ]
    assert [row["notes"] for row in told["pairs"]] == [CANARY]


def test_of_what_an_erased_member_wrote_nothing_stays_and_the_ledger_does(left):
    assert len(places_of_the_canary()) >= 9
    erasure.erase(left)
    assert (places_of_the_canary(), left.karma.entries.count()) == ([], 1)


def test_offers_of_an_erased_member_are_over(left):
    erasure.erase(left)
    assert list(Trade.objects.values_list("status", flat=True)) == ["withdrawn"]


def test_erasing_locks_in_the_order_of_all_operations(left):
    with CaptureQueriesContext(connection) as caught:
        erasure.erase(left)
    locked = (re.search(r'FROM "community_(\w+)".* FOR (NO KEY )?UPDATE', query["sql"]) for query in caught)
    assert [*dict.fromkeys(found[1] for found in locked if found)] == ["member", "folder", "pair", "trade", "event"]
