"""What winners get: a hold, the charge, or the next rank (acceptance 63 and "bad luck" of draws)."""

from datetime import timedelta

import pytest

from community.models import Notice
from community.personal_data.erasure import erase
from reservations.draws import awards, entries, steps, telling
from reservations.draws.errors import StepRefused
from reservations.draws.models import Draw, DrawAward
from reservations.holds import lifecycle
from reservations.models import Payment, Purchase, Reservation, TestCharge
from reservations.purchases.buy import buy
from tests.make import ADDRESS, lapse, make_member, make_saved_method
from tests.reservations.draws.making import carry_awards, crowd, drawn, due_now, end, enter, make_draw_drop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drop():
    return make_draw_drop({"9": 2})


def states(drop):
    found = DrawAward.objects.filter(entry__draw__drop=drop).order_by("entry__rank")
    return [(award.entry.rank, award.state) for award in found.select_related("entry")]


def with_card(drop, rank, token):
    """Whoever has this rank pays with this card."""
    entry = Draw.objects.get(drop=drop).entries.get(rank=rank)
    card = make_saved_method(entry.member, token)
    type(entry).objects.filter(pk=entry.pk).update(method=card.pk)
    return entry


def test_winners_buy_what_they_won_and_no_money_of_losers_is_ever_blocked(drop):
    for _ in range(5):
        enter(make_member(), drop, payment_method="test_ok")
    assert {charge.amount for charge in TestCharge.objects.all()} == {0}
    drawn(drop)
    carry_awards()
    due_now(drop)
    carry_awards()
    assert states(drop) == [(1, "paid"), (2, "paid")]
    winners = set(Purchase.objects.values_list("member", flat=True))
    assert winners == set(Draw.objects.get(drop=drop).entries.filter(rank__lte=2).values_list("member", flat=True))
    charged = TestCharge.objects.filter(amount__gt=0)
    assert sorted(charge.key for charge in charged) == sorted(str(pk) for pk in Payment.objects.values_list("pk", flat=True))
    size = drop.sizes.get()
    assert (size.total, size.available, size.reserved, size.sold) == (2, 0, 0, 2)


def test_the_hold_of_a_winner_lasts_a_quarter_of_an_hour_after_the_close(drop):
    crowd(drop, 2)
    drawn(drop)
    with_card(drop, 1, "test_declined")
    carry_awards()
    held = DrawAward.objects.get(entry__rank=1).reservation
    assert held.expires_at - held.created_at == awards.TIME_TO_PAY


@pytest.mark.parametrize("card", ["test_declined", "test_confirm"])
def test_a_winner_whose_bank_says_no_or_wants_a_confirmation_pays_by_themselves_in_time(drop, card):
    crowd(drop, 3)
    drawn(drop)
    entry = with_card(drop, 1, card)
    carry_awards()
    award = DrawAward.objects.get(entry=entry)
    assert (award.state, award.reservation.status, award.reason) == ("held", "active", "The test bank said no.")
    notice = Notice.objects.get(member=entry.member, kind="draw_pay")
    assert notice.url == f"/reservations/{award.reservation_id}/"
    buy(award.reservation_id, member=entry.member, address=entry.address, payment_method="test_ok")
    due_now(drop)
    carry_awards()
    assert states(drop) == [(1, "paid"), (2, "paid")]


def test_after_that_the_next_rank_has_the_pair_with_the_reason_recorded(drop):
    crowd(drop, 4)
    draw = drawn(drop)
    with_card(drop, 1, "test_declined")
    carry_awards()
    lapse(DrawAward.objects.get(entry__rank=1).reservation)
    lifecycle.expire_overdue()
    due_now(drop)
    carry_awards()
    due_now(drop)
    carry_awards()
    assert states(drop) == [(1, "passed_on"), (2, "paid"), (3, "paid")]
    assert [(move.step, move.facts) for move in draw.moves.all()][-2:] == [
        ("passed on", {"rank": 1, "size": "9", "because": "was not paid in time. The test bank said no."}),
        ("awarded", {"rank": 3, "size": "9", "after": 1}),
    ]
    assert drop.sizes.get().sold == 2


def test_a_winner_who_withdrew_after_close_is_passed_over(drop):
    crowd(drop, 3)
    draw = drawn(drop)
    entries.withdraw(draw.entries.get(rank=2).member, drop)
    carry_awards()
    due_now(drop)
    carry_awards()
    assert states(drop) == [(1, "paid"), (2, "passed_on"), (3, "paid")]
    assert DrawAward.objects.get(entry__rank=2).reason == "withdrew"


def test_a_member_who_is_erased_between_entry_and_draw_wins_nothing_and_the_files_stand(drop):
    people = crowd(drop, 3)
    draw = steps.close(end(drop))
    erase(people[0].member)
    drawn(drop)
    carry_awards()
    due_now(drop)
    carry_awards()
    assert DrawAward.objects.filter(state="paid").count() == 2
    assert not Purchase.objects.filter(member=people[0].member).exists()
    assert draw.files.get(name="entries.csv").sha256 == draw.listed["sha256"]


def test_a_member_who_is_erased_before_close_is_not_in_the_list(drop):
    people = crowd(drop, 3)
    erase(people[0].member)
    assert steps.close(end(drop)).listed["count"] == 2


def test_who_has_the_limit_of_their_address_is_passed_over(drop):
    """The limit of a place is looked at when the pair is paid for, as everywhere."""
    type(drop).objects.filter(pk=drop.pk).update(limit_per_address=1)
    crowd(drop, 1)
    enter(make_member(), drop, address=ADDRESS)
    drawn(drop)
    for entry in Draw.objects.get(drop=drop).entries.all():
        entry.address = ADDRESS
        type(entry).objects.filter(pk=entry.pk).update(address=ADDRESS)
    carry_awards()
    assert sorted(state for _, state in states(drop)) == ["held", "paid"]
    assert Purchase.objects.count() == 1


def test_a_lapse_of_before_costs_no_winner_their_pair(drop):
    (entry,) = crowd(drop, 1)
    drawn(drop)
    type(drop).objects.filter(pk=drop.pk).update(lapses_allowed=1)
    held = Reservation.objects.create(
        drop=drop, size=drop.sizes.get(), member=entry.member, status="expired", price=1, currency="USD",
        created_at=drop.starts_at, expires_at=drop.ends_at, ended_at=drop.ends_at,
    )  # fmt: skip
    carry_awards()
    assert DrawAward.objects.get().reservation_id not in (None, held.pk)


def test_an_award_that_is_carried_out_twice_sells_one_pair(drop):
    crowd(drop, 1)
    drawn(drop)
    award = awards._claim(drop.ends_at.replace(year=2090))
    held = awards.hold(award)
    assert awards.hold(award).reservation_id == held.reservation_id
    awards.settle(held)
    awards.settle(held)
    assert (Purchase.objects.count(), Payment.objects.count()) == (1, 1)


def test_everybody_is_told_rank_and_reason_once(drop):
    crowd(drop, 3)
    draw = drawn(drop)
    telling.tell(draw)
    telling.tell(draw)
    told = Notice.objects.filter(kind__in=["draw_won", "draw_lost"]).order_by("text")
    title = drop.title
    assert [notice.text for notice in told] == [
        f"{title}: rank 1 of 3. You win size 9. Your card is charged now.",
        f"{title}: rank 2 of 3. You win size 9. Your card is charged now.",
        f"{title}: rank 3 of 3. Not this time: the last 9 went to rank 2.",
    ]


def test_whoever_withdraws_while_people_are_told_keeps_the_news_from_nobody_else(drop, monkeypatch):
    crowd(drop, 5)
    draw = drawn(drop)
    first, *others = draw.entries.order_by("mark")
    telling_one = telling.notify

    def notify(entry, *args, **said):
        telling_one(entry, *args, **said)
        if entry == first:
            entries.withdraw(first.member, drop)

    monkeypatch.setattr(telling, "BATCH", 2)
    monkeypatch.setattr(telling, "notify", notify)
    telling.tell(draw)
    told = Notice.objects.filter(kind__in=["draw_won", "draw_lost"]).values_list("member", flat=True)
    assert sorted(told) == sorted(entry.member_id for entry in (first, *others))


def test_the_next_is_found_behind_many_whose_pairs_cannot_be_theirs(drop, monkeypatch):
    monkeypatch.setattr(awards, "AT_ONCE", 1)
    people = crowd(drop, 6)
    draw = drawn(drop)
    for rank in (1, 3, 4):
        entries.withdraw(draw.entries.get(rank=rank).member, drop)
    carry_awards()
    assert states(drop) == [(1, "passed_on"), (2, "paid"), (5, "paid")]
    assert draw.moves.filter(step="skipped").count() == 2
    assert len(people) == 6


def test_whoever_withdraws_while_their_award_is_carried_out_is_not_charged(drop):
    crowd(drop, 3)
    draw = drawn(drop)
    award = awards._claim(drop.ends_at.replace(year=2090))
    entries.withdraw(award.entry.member, drop)
    assert awards.hold(award).state == "passed_on"
    assert not Reservation.objects.exists()
    assert drop.sizes.get().reserved == 0
    carry_awards()
    assert [rank for rank, state in states(drop) if state == "paid"] == [
        rank for rank in (1, 2, 3) if rank != award.entry.rank
    ]  # fmt: skip
    assert draw.moves.get(step="passed on").facts["because"] == awards.WITHDREW


def test_whoever_has_a_pair_gives_that_back_and_does_not_withdraw(drop):
    crowd(drop, 2)
    drawn(drop)
    with_card(drop, 1, "test_declined")
    carry_awards()
    for entry in Draw.objects.get(drop=drop).entries.all():
        with pytest.raises(StepRefused):
            entries.withdraw(entry.member, drop)
    assert not Draw.objects.get(drop=drop).entries.exclude(withdrawn_at=None).exists()


def test_address_and_card_are_forgotten_a_month_after_the_draw_but_for_who_is_still_to_pay(drop):
    crowd(drop, 3)
    draw = drawn(drop)
    with_card(drop, 1, "test_declined")
    carry_awards()
    after = draw.drawn_at + timedelta(days=1)
    assert entries.forget_old(draw.drawn_at) == 0
    assert entries.forget_old(after) == 2
    assert [entry.address is None for entry in draw.entries.order_by("rank")] == [False, True, True]
    assert entries.forget_old(after) == 0


def test_a_pair_that_staff_took_out_of_the_stock_goes_to_nobody(drop):
    crowd(drop, 4)
    drawn(drop)
    type(drop.sizes.get()).objects.filter(drop=drop).update(total=1, available=1)
    carry_awards()
    due_now(drop)
    carry_awards()
    assert sorted(state for _, state in states(drop)) == ["paid", "passed_on"]
    assert Purchase.objects.count() == 1
