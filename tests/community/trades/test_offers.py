from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from community.models import Block, Notice, Pair, PairMove, Shipment, Trade, TradeItem
from community.trades import offers
from community.trades.errors import Stale, TooManyOffers
from community.trades.facts import changes, described, trade_facts
from dropshop.core.errors import DropshopError, Forbidden, Invalid, NotFound
from tests.make import make_open_pair, make_trade

pytestmark = pytest.mark.django_db


def pks(*pairs):
    return [pair.pk for pair in pairs]


def owners(*pairs):
    return [Pair.objects.get(pk=pair.pk).owner.username for pair in pairs]


def told(member):
    return list(Notice.objects.filter(member=member).order_by("created_at", "kind").values_list("kind", flat=True))


def test_an_accepted_trade_moves_every_pair_and_writes_down_whence(alice, bob):
    mine, theirs = [make_open_pair(alice), make_open_pair(alice)], [make_open_pair(bob)]
    trade = make_trade(alice, bob, gives=mine, wants=theirs)
    done = offers.accept(trade.pk, by=bob)
    assert (done.status, owners(*mine, *theirs)) == ("accepted", ["bob", "bob", "alice"])
    moves = PairMove.objects.filter(trade=trade).values_list("pair", "giver__username", "taker__username")
    assert set(moves) == {
        (mine[0].pk, "alice", "bob"),
        (mine[1].pk, "alice", "bob"),
        (theirs[0].pk, "bob", "alice"),
    }
    assert set(Pair.objects.values_list("promised_in", flat=True)) == {trade.pk}
    assert [(shipment.sender.username, shipment.due_at - done.decided_at) for shipment in done.shipments.order_by("pk")] == [
        ("alice", timedelta(days=7)),
        ("bob", timedelta(days=7)),
    ]
    assert (told(alice), told(bob)) == (["trade-accepted"], ["trade-offer"])


def test_what_the_old_owner_noted_and_paid_is_not_handed_on(alice, bob):
    pair = make_open_pair(alice, price=9000, notes="cellar, left shelf", visibility="public")
    offers.accept(make_trade(alice, bob, gives=[pair]).pk, by=bob)
    pair.refresh_from_db()
    assert (pair.price, pair.notes, pair.folder, pair.visibility, pair.for_trade) == (None, "", None, "private", False)


def test_every_other_offer_that_holds_one_of_the_pairs_goes_stale_and_both_sides_are_told(alice, bob, charlie):
    wanted, mine = make_open_pair(bob), make_open_pair(alice)
    winner = make_trade(alice, bob, gives=[mine], wants=[wanted])
    other = make_trade(charlie, bob, wants=[wanted])
    third = make_trade(charlie, alice, wants=[mine])
    apart = make_trade(charlie, bob)
    offers.accept(winner.pk, by=bob)
    assert dict(Trade.objects.values_list("pk", "status")) == {
        winner.pk: "accepted",
        other.pk: "stale",
        third.pk: "stale",
        apart.pk: "pending",
    }
    assert Notice.objects.filter(kind="trade-stale").count() == 4
    assert set(Notice.objects.filter(kind="trade-stale", member=charlie).values_list("url", flat=True)) == {
        other.get_absolute_url(),
        third.get_absolute_url(),
    }
    with pytest.raises(Stale):
        offers.accept(other.pk, by=bob)


def test_an_offer_whose_pair_went_unsaid_ends_as_stale_when_it_is_accepted(alice, bob, charlie):
    pair = make_open_pair(alice)
    trade = make_trade(alice, bob, gives=[pair])
    Pair.objects.filter(pk=pair.pk).update(owner=charlie)
    with pytest.raises(Stale):
        offers.accept(trade.pk, by=bob)
    trade.refresh_from_db()
    assert (trade.status, owners(pair), PairMove.objects.count()) == ("stale", ["charlie"], 0)


def test_a_counter_is_an_offer_of_its_own_and_says_what_changed(alice, bob):
    mine, theirs, more = make_open_pair(alice), make_open_pair(bob), make_open_pair(alice, for_trade=False)
    first = make_trade(alice, bob, gives=[mine], wants=[theirs])
    sweeter = make_open_pair(alice)
    answer = offers.counter(first.pk, by=bob, gives=pks(theirs), wants=pks(mine, sweeter), message="Two for one?").trade
    first.refresh_from_db()
    assert (first.status, answer.answers_id, answer.proposer, answer.receiver) == ("countered", first.pk, bob, alice)
    assert changes(answer) == {
        "gives": {"added": [], "removed": []},
        "wants": {"added": [sweeter.pk], "removed": []},
    }
    with pytest.raises(Invalid):
        offers.counter(answer.pk, by=alice, gives=pks(more), wants=pks(make_open_pair(bob, for_trade=False)))
    final = offers.counter(answer.pk, by=alice, gives=pks(sweeter), wants=pks(theirs)).trade
    assert changes(final)["gives"] == {"added": [], "removed": [mine.pk]}
    offers.accept(final.pk, by=bob)
    assert owners(mine, sweeter, theirs) == ["alice", "bob", "alice"]


def test_doing_the_same_again_changes_nothing(alice, bob):
    mine, theirs = make_open_pair(alice), make_open_pair(bob)
    first = offers.offer(alice, gives=pks(mine), wants=pks(theirs))
    assert offers.offer(alice, gives=pks(mine), wants=pks(theirs)) == (first.trade, False)
    terms = {"gives": pks(theirs), "wants": pks(mine, make_open_pair(alice))}
    answer = offers.counter(first.trade.pk, by=bob, **terms)
    assert offers.counter(first.trade.pk, by=bob, **terms) == (answer.trade, False)
    for deed, by in ((offers.accept, alice), (offers.accept, alice)):
        assert deed(answer.trade.pk, by=by).status == "accepted"
    rejected, withdrawn = make_trade(alice, bob), make_trade(alice, bob)
    assert [offers.reject(rejected.pk, by=bob).status for _ in range(2)] == ["rejected"] * 2
    assert [offers.withdraw(withdrawn.pk, by=alice).status for _ in range(2)] == ["withdrawn"] * 2
    assert PairMove.objects.count() == 3


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda trade, a, b: offers.accept(trade.pk, by=b), "already_accepted"),
        (lambda trade, a, b: offers.reject(trade.pk, by=b), "already_rejected"),
        (lambda trade, a, b: offers.withdraw(trade.pk, by=a), "already_withdrawn"),
        (
            lambda trade, a, b: offers.counter(trade.pk, by=b, gives=pks(make_open_pair(b)), wants=pks(make_open_pair(a))),
            "already_countered",
        ),
        (lambda trade, a, b: offers.end_offers_with([trade.items.first().pair_id], "It is gone."), "stale"),
    ],
)
def test_every_late_attempt_gets_the_name_of_what_happened(alice, bob, end, code):
    trade = make_trade(alice, bob)
    end(trade, alice, bob)
    late = {
        "already_accepted": lambda: offers.accept(trade.pk, by=bob),
        "already_rejected": lambda: offers.reject(trade.pk, by=bob),
        "already_withdrawn": lambda: offers.withdraw(trade.pk, by=alice),
        "already_countered": lambda: offers.counter(
            trade.pk, by=bob, gives=pks(make_open_pair(bob)), wants=pks(make_open_pair(alice))
        ),
    }
    for name, again in late.items():
        if name == code != "already_countered":
            continue
        with pytest.raises(DropshopError) as refusal:
            again()
        assert refusal.value.code == code


def test_only_the_receiver_answers_and_only_the_proposer_withdraws(alice, bob, charlie):
    trade = make_trade(alice, bob)
    terms = {"gives": pks(make_open_pair(alice)), "wants": pks(make_open_pair(bob))}
    for wrong in (
        lambda: offers.accept(trade.pk, by=alice),
        lambda: offers.reject(trade.pk, by=alice),
        lambda: offers.counter(trade.pk, by=alice, **terms),
        lambda: offers.withdraw(trade.pk, by=bob),
    ):
        with pytest.raises(Forbidden):
            wrong()
    for deed in (offers.accept, offers.reject, offers.withdraw):
        with pytest.raises(NotFound):
            deed(trade.pk, by=charlie)
    trade.refresh_from_db()
    assert trade.status == "pending"


def test_a_pair_must_be_there_shown_free_and_for_trade(alice, bob, charlie):
    mine, theirs = make_open_pair(alice), make_open_pair(bob)
    promised = make_open_pair(bob)
    offers.accept(make_trade(charlie, bob, wants=[promised]).pk, by=bob)
    Pair.objects.filter(pk=promised.pk).update(visibility="members", for_trade=True)
    gone = datetime.now(UTC)

    def faults(gives, wants):
        with pytest.raises(Invalid) as refusal:
            offers.offer(alice, gives=pks(*gives), wants=pks(*wants))
        return refusal.value.facts["errors"]

    missing = {"wants": ["There is no such pair."]}
    assert faults([mine], [make_open_pair(bob, visibility="private", for_trade=False)]) == missing
    assert faults([mine], [make_open_pair(bob, hidden=True)]) == missing
    assert faults([mine], [make_open_pair(bob, removed_at=gone)]) == missing
    assert faults([mine], [make_open_pair(alice)]) == missing
    assert list(faults([mine], [make_open_pair(bob, for_trade=False)])) == ["wants"]
    assert "promised" in faults([mine], [promised])["wants"][0]
    assert "owner" in faults([mine], [theirs, make_open_pair(charlie)])["wants"][0]
    assert faults([theirs], [theirs]) == {"gives": ["You have no such pair."]}
    assert faults([make_open_pair(alice, removed_at=gone)], [theirs]) == {"gives": ["You have no such pair."]}
    assert "Only you" in faults([make_open_pair(alice, visibility="private", for_trade=False)], [theirs])["gives"][0]
    assert "moderator" in faults([make_open_pair(alice, hidden=True)], [theirs])["gives"][0]
    assert faults([], [theirs]) == {"gives": ["Choose a pair."]}
    assert faults([make_open_pair(alice) for _ in range(11)], [theirs]) == {"gives": ["At most 10 pairs."]}
    assert Trade.objects.filter(proposer=alice).count() == 0


def test_the_blocked_cannot_trade_and_their_pairs_are_not_there(alice, bob):
    trade, mine, theirs = make_trade(alice, bob), make_open_pair(alice), make_open_pair(bob)
    Block.objects.create(blocker=alice, blocked=bob)
    for one, gives, wants in ((alice, mine, theirs), (bob, theirs, mine)):
        with pytest.raises(Invalid) as refusal:
            offers.offer(one, gives=pks(gives), wants=pks(wants))
        assert refusal.value.facts["errors"] == {"wants": ["There is no such pair."]}
    with pytest.raises(Forbidden):
        offers.accept(trade.pk, by=bob)
    assert offers.reject(trade.pk, by=bob).status == "rejected"


def test_the_silenced_offer_nothing_and_may_still_answer(alice, bob):
    trade = make_trade(alice, bob)
    bob.silenced_until = datetime.now(UTC) + timedelta(days=1)
    bob.save()
    with pytest.raises(Forbidden):
        offers.offer(bob, gives=pks(make_open_pair(bob)), wants=pks(make_open_pair(alice)))
    with pytest.raises(Forbidden):
        offers.counter(trade.pk, by=bob, gives=pks(make_open_pair(bob)), wants=pks(make_open_pair(alice)))
    assert offers.accept(trade.pk, by=bob).status == "accepted"


def test_so_many_offers_between_two_wait_and_no_more(alice, bob, charlie):
    for one, other in [(alice, bob), (bob, alice)] * 5:
        make_trade(one, other)
    with pytest.raises(TooManyOffers):
        make_trade(alice, bob)
    make_trade(alice, charlie)
    offers.reject(Trade.objects.filter(receiver=bob).first().pk, by=bob)
    make_trade(alice, bob)


def test_facts_take_as_many_statements_for_three_trades_as_for_one(alice, bob, django_assert_num_queries):
    mine, theirs = make_open_pair(alice), make_open_pair(bob)
    first = make_trade(alice, bob, gives=[mine], wants=[theirs])
    answer = offers.counter(first.pk, by=bob, gives=pks(theirs), wants=pks(mine, make_open_pair(alice))).trade
    offers.accept(answer.pk, by=alice)
    with django_assert_num_queries(13):
        trade_facts(described(Trade.objects.filter(pk=answer.pk)))
    make_trade(alice, bob)
    with django_assert_num_queries(13):
        told = trade_facts(described(Trade.objects.order_by("created_at")))
    assert [facts["status"] for facts in told] == ["countered", "accepted", "pending"]
    assert (told[0]["answered_by"], told[1]["answers"]) == (told[1]["id"], told[0]["id"])


@pytest.mark.parametrize(
    "write",
    [
        lambda trade: Trade.objects.filter(pk=trade.pk).update(status="lost", decided_at="2026-01-01T00:00:00Z"),
        lambda trade: Trade.objects.filter(pk=trade.pk).update(status="accepted"),
        lambda trade: Trade.objects.filter(pk=trade.pk).update(decided_at="2026-01-01T00:00:00Z"),
        lambda trade: Trade.objects.filter(pk=trade.pk).update(completed_at="2026-01-01T00:00:00Z"),
        lambda trade: Trade.objects.filter(pk=trade.pk).update(receiver=trade.proposer),
        lambda trade: TradeItem.objects.create(trade=trade, pair=trade.items.first().pair, giver=trade.receiver),
        lambda trade: PairMove.objects.create(
            pair=trade.items.first().pair, giver=trade.proposer, taker=trade.proposer, trade=trade
        ),
        lambda trade: Shipment.objects.create(
            trade=trade, sender=trade.proposer, due_at="2026-01-01T00:00:00Z", received_at="2026-01-01T00:00:00Z"
        ),
        lambda trade: Pair.objects.filter(pk=trade.items.first().pair_id).update(visibility="private"),
        lambda trade: Pair.objects.filter(pk=trade.items.first().pair_id).update(owner=None),
    ],
)
def test_the_database_refuses_what_cannot_be(alice, bob, write):
    trade = make_trade(alice, bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        write(trade)


def test_both_sides_screens_learn_of_every_step(alice, bob, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        trade = make_trade(alice, bob)
        offers.accept(trade.pk, by=bob)
    told = [(event["to"], event["status"]) for event in heard.of("trade-updated")]
    assert told == [(str(one.pk), status) for status in ("pending", "accepted") for one in (alice, bob)]
