"""Of the name of an erased member, and of what they wrote, nothing stays where the shop had written it down for others."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import ProgrammingError, connection, models, transaction

from community.closet import pairs
from community.events import hosting
from community.feed import comments, posts
from community.karma import ledger as karma
from community.models import (
    Comment,
    Complaint,
    Dispute,
    Folder,
    KarmaTransfer,
    Member,
    ModerationAction,
    Notice,
    Pair,
    Post,
    Rating,
    Restock,
    Shipment,
    Trade,
    Want,
)
from community.moderation import complaints, decisions
from community.personal_data import erasure
from community.trades import disputes, offers, ratings, shipping
from dropshop.core.clock import database_time
from tests.community.personal_data.test_belongings import CANARY, places_of_the_canary
from tests.make import (
    make_event,
    make_member,
    make_open_pair,
    make_pair,
    make_post,
    make_restock,
    make_sold_pair,
    make_trade,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


@pytest.fixture
def canary():
    return make_member(CANARY)


def on_its_way(proposer, receiver):
    trade = make_trade(proposer, receiver, gives=[make_sold_pair(proposer)])
    offers.accept(trade.pk, by=receiver)
    for side in (proposer, receiver):
        shipping.mark_sent(trade.pk, by=side)
    return trade


def complete(trade):
    for side in (trade.proposer, trade.receiver):
        shipping.mark_received(trade.pk, by=side)


def log(staff, thing):
    LogEntry.objects.log_actions(staff.pk, [thing], CHANGE, f"Done about {CANARY}.", single_object=True)


def test_the_name_leaves_ledgers_notices_and_logs_and_what_happened_stays(canary, bob, staff):
    complete(trade := on_its_way(canary, bob))
    disputed = on_its_way(bob, canary)
    dispute = disputes.open_dispute(disputed.pk, by=canary, reason="Hm.")
    sneaker = make_pair(bob).sneaker
    Want.objects.create(member=bob, sneaker=sneaker)
    pair = make_pair(canary, sneaker=sneaker, visibility="members")
    pairs.change(pair.pk, member=canary, changes={"for_trade": True})
    item = make_post(bob)
    said = comments.comment(item.pk, author=canary, text=f"@bob {CANARY}")
    posts.write(canary, text=f"@bob, {CANARY}")
    event = make_event(canary, title=CANARY, city=CANARY, venue=CANARY)
    hosting.answer(event.pk, bob, going=True)
    hosting.change(event.pk, {"starts_at": event.starts_at + timedelta(minutes=1)}, by=canary)
    complaint = Complaint.objects.create(by=bob, comment=Comment.objects.get(pk=said.pk), reason="spam", quote=CANARY)
    for thing in (canary, trade, dispute, event, complaint):
        log(staff, thing)
    assert len(places_of_the_canary()) >= 5
    erasure.erase(canary)
    assert places_of_the_canary() == []
    assert Notice.objects.filter(member=bob, kind="trade-offer").values_list("text", flat=True)[0].startswith("a former member")
    assert [notice.text for notice in Notice.objects.filter(member=bob, kind="event-cancelled")] == [
        "An event you wanted to go to is cancelled: its host has left."
    ]
    assert (karma.balance_of(bob), LogEntry.objects.count()) == (15, 5)


def test_what_others_wrote_about_who_leaves_goes_with_them(canary, bob, charlie, staff):
    """Also out of the ledger and the trail, of which nothing else can be taken away."""
    complete(trade := on_its_way(canary, bob))
    ratings.rate(trade.pk, by=bob, stars=2, text=f"{CANARY} was late")
    settled = on_its_way(bob, canary)
    disputes.undo(disputes.open_dispute(settled.pk, by=bob, reason=f"{CANARY} lies.").pk, by=staff, note=CANARY)
    waiting = disputes.open_dispute(on_its_way(bob, canary).pk, by=bob, reason=f"Not what {CANARY} said.")
    Trade.objects.filter(pk=trade.pk).update(message=f"Hi {CANARY}!")
    mine = make_post(canary)
    complaint = complaints.file_complaint(bob, mine, "spam", f"{CANARY} again")
    decisions.hide(mine, moderator=staff, complaint=complaint, reason=f"Enough, {CANARY}.")
    decisions.warn(canary, moderator=staff, reason=f"Last word, {CANARY}")
    karma.give(canary, 5, by=staff, reason=f"For {CANARY}", key="k")
    posts.write(bob, text=f"Thanks @{CANARY}, and you.")
    comments.comment(make_post(bob).pk, author=charlie, text=f"@{CANARY.upper()} knows")
    Member.objects.filter(pk=charlie.pk).update(bio=("x" * 280) + f" @{CANARY}")
    before = KarmaTransfer.objects.order_by("pk").values_list("pk", "rule", "source", "entries__points")
    ledger, trail = list(before), ModerationAction.objects.count()
    erasure.erase(canary)
    assert places_of_the_canary() == []
    assert Post.objects.filter(author=bob, text="Thanks a former member, and you.").count() == 1
    assert (list(before), ModerationAction.objects.count()) == (ledger, trail)
    assert Rating.objects.values_list("stars", "text").get() == (2, "")
    waiting.refresh_from_db()
    assert waiting.reason == "Not what a former member said."
    disputes.uphold(waiting.pk, by=staff, note="So it is.")
    waiting.refresh_from_db()
    assert (waiting.reason, waiting.note) == ("", "")


def test_a_word_that_is_only_spelled_like_a_name_stays(bob):
    post = posts.write(bob, text="Trade, @trader and me@trade.example; ask @trade.").post
    erasure.erase(make_member("trade"))
    post.refresh_from_db()
    assert post.text == "Trade, @trader and me@trade.example; ask a former member."


@pytest.mark.parametrize("change", [{"note": "Other"}, {"note": "", "source": "other"}, {"source": "other"}], ids=str)
def test_of_the_ledger_nothing_but_its_words_can_be_taken_away(canary, staff, change):
    karma.give(canary, 5, by=staff, reason="Thanks", key="k")
    with pytest.raises(ProgrammingError), transaction.atomic():
        KarmaTransfer.objects.update(**change)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM community_karmatransfer")
    KarmaTransfer.objects.update(note="")


def test_what_others_were_told_of_other_things_is_not_rewritten_by_a_name(bob, charlie):
    make_trade(charlie, bob)
    erasure.erase(make_member("trade"))
    assert [notice.text for notice in Notice.objects.filter(member=bob)] == ["charlie offers you a trade."]


def test_a_pair_on_its_way_to_who_leaves_forgets_on_which_shelf_they_put_it(canary, bob):
    trade = on_its_way(canary, bob)
    pairs.change(Pair.objects.get(owner=canary).pk, member=canary, changes={"folder": CANARY})
    erasure.erase(canary)
    assert places_of_the_canary() == []
    assert set(Pair.objects.values_list("promised_in", "removed_at")) == {(trade.pk, None)}


def test_what_they_said_of_a_photograph_does_not_outlast_them_in_another_closet(canary, bob):
    mine = make_open_pair(canary)
    picture = mine.pictures.create(image="pairs/mine.webp", alt=CANARY)
    trade = make_trade(canary, bob, gives=[mine])
    offers.accept(trade.pk, by=bob)
    erasure.erase(canary)
    picture.refresh_from_db()
    assert (places_of_the_canary(), picture.alt, picture.pair.owner) == ([], "", bob)


def test_what_was_told_of_a_pair_that_was_traded_on_goes_with_who_showed_it(canary, bob, charlie):
    pair = make_open_pair(canary)
    Notice.objects.create(
        member=charlie, kind="want", cause=f"pair:{pair.pk}", text=f"One of your wants: {CANARY} offers it for trade."
    )
    offers.accept(make_trade(canary, bob, gives=[pair]).pk, by=bob)
    erasure.erase(canary)
    assert (places_of_the_canary(), Notice.objects.filter(member=charlie).count()) == ([], 0)


def test_what_was_complained_of_a_rating_goes_with_who_it_is_about_as_well(canary, bob, charlie, staff):
    complete(trade := on_its_way(canary, bob))
    rating = ratings.rate(trade.pk, by=bob, stars=2, text=f"{CANARY} was late")
    complaint = complaints.file_complaint(charlie, rating, "abuse", f"{CANARY} was on time")
    decisions.warn(rating, moderator=staff, reason=f"Leave {CANARY} alone.", complaint=complaint)
    log(staff, complaint)
    erasure.erase(canary)
    assert places_of_the_canary() == []


def test_what_was_complained_of_a_pair_goes_with_who_had_it_then(canary, bob, charlie, staff):
    pair = make_open_pair(canary, notes=CANARY)
    complaint = complaints.file_complaint(charlie, pair, "fraud", f"{CANARY} sells fakes")
    decisions.warn(pair, moderator=staff, reason=f"Is it real, {CANARY}?", complaint=complaint)
    log(staff, complaint)
    offers.accept(make_trade(canary, bob, gives=[pair]).pk, by=bob)
    erasure.erase(canary)
    assert places_of_the_canary() == []


# Words of the shop, of staff and of stores, and what is no word at all: codes, marks, sizes. Whoever adds a column of text to
# the community says here that no member's words come into it, or lets the test below write some into it.
NOT_A_MEMBERS_WORDS = {
    *("emailchoice.group_name", "event.time_zone", "follow.size", "host.name", "host.robots"),
    *("karmaaccount.name", "karmalevel.name", "karmalevelevent.name", "karmalevelevent.pgh_label"),
    *("karmarule.code", "karmarule.title", "karmatransfer.source"),
    *("karmaruleevent.code", "karmaruleevent.title", "karmaruleevent.pgh_label"),
    *("member.geohash", "member.name_key", "member.password", "notice.cause", "notice.kind"),
    *("offer.link", "offer.size", "pair.size", "pricepoint.size", "sighting.mark"),
    *("source.etag", "source.last_modified", "source.permission", "source.trouble", "source.url"),
    *("sourceevent.permission", "sourceevent.pgh_label", "sourceevent.url"),
    *("store.city", "store.name", "store.site", "store.slug"),
    *("storeevent.city", "storeevent.name", "storeevent.pgh_label", "storeevent.site", "storeevent.slug"),
}
OF_TEXT = (models.CharField, models.TextField, models.FileField, models.JSONField)


def columns_of_text():
    """Each column of the community's tables that could hold a member's words, as "table.column"."""
    return {
        f"{model._meta.model_name}.{field.column}"
        for model in apps.get_app_config("community").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, OF_TEXT) and not field.choices and field.column != "currency"
    }


def columns_of_the_canary():
    found = set()
    with connection.cursor() as cursor:
        for table, column in (name.split(".") for name in columns_of_text()):
            statement = f"SELECT 1 FROM community_{table} WHERE {column}::text ILIKE %s LIMIT 1"  # noqa: S608 - our own names
            cursor.execute(statement, [f"%{CANARY}%"])
            if cursor.fetchone():
                found.add(f"{table}.{column}")
    return found


def test_every_column_that_can_hold_a_members_words_is_emptied_of_them(bob, charlie, staff):
    canary = make_member(CANARY, first_name=CANARY, last_name=CANARY, bio=CANARY, display_name=CANARY)
    Member.objects.filter(pk=canary.pk).update(picture=f"members/{CANARY}.webp", time_zone=CANARY)
    file = f"pairs/{CANARY}.webp"
    pair = make_pair(canary, notes=CANARY, folder=Folder.objects.create(member=canary, name=CANARY))
    pair.pictures.create(image=file, alt=CANARY)
    trade = make_trade(canary, bob, gives=[make_open_pair(canary, notes=CANARY)])
    Trade.objects.filter(pk=trade.pk).update(message=CANARY)
    offers.accept(trade.pk, by=bob)
    Shipment.objects.filter(sender=canary).update(carrier=CANARY, tracking=CANARY)
    Dispute.objects.create(
        trade=trade, opened_by=bob, reason=CANARY, note=CANARY, resolution="upheld", resolved_at=database_time()
    )
    rating = Rating.objects.create(trade=trade, rater=bob, rated=canary, stars=1, text=CANARY)
    complaint = Complaint.objects.create(by=charlie, rating=rating, reason="abuse", text=CANARY, quote=CANARY)
    ModerationAction.objects.create(
        moderator=staff, action="warned", rating=rating, complaint=complaint, reason=f"What of {CANARY}?"
    )
    Restock.objects.filter(pk=make_restock(canary).pk).update(note=CANARY, link=f"https://a.example/{CANARY}", picture=file)
    item = make_post(canary, text=CANARY)
    item.post.pictures.create(image=file, alt=CANARY)
    comments.comment(item.pk, author=canary, text=CANARY)
    make_event(canary, title=CANARY, text=CANARY, venue=CANARY, city=CANARY)
    karma.give(canary, 5, by=staff, reason=CANARY, key="k")
    Notice.objects.create(member=canary, kind="x", cause="x", text=CANARY, url=f"/members/{CANARY}/")
    assert columns_of_text() - columns_of_the_canary() == NOT_A_MEMBERS_WORDS
    erasure.erase(canary)
    assert (columns_of_the_canary(), places_of_the_canary()) == (set(), [])
