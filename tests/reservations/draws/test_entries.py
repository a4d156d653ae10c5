"""Entering and withdrawing: one entry per member, address and card; what is refused changes nothing; no money is blocked."""

import pytest

from drops.errors import Closed, NotOpen
from drops.models import Drop
from dropshop.core.clock import database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound
from reservations.draws import entries
from reservations.draws.errors import AlreadyEntered, GroupFull, InUse, NotADraw
from reservations.draws.leaves import mark_of
from reservations.draws.models import Draw, DrawEntry
from reservations.holds.reserve import reserve
from reservations.models import TestCharge
from reservations.payment_methods.errors import MethodDeclined
from reservations.payments.errors import ConfirmationRequired
from tests.make import ADDRESS, home_of, make_drop, make_member, make_saved_method
from tests.reservations.draws.making import crowd, enter, make_draw_drop

pytestmark = pytest.mark.django_db


@pytest.fixture
def drop():
    return make_draw_drop({"8": 1, "9": 2, "10": 1})


def test_an_entry_keeps_what_was_asked_for_and_its_mark_is_the_members(alice, drop):
    entry = enter(alice, drop, "9", "10")
    sizes = {size.label: size.pk for size in drop.sizes.all()}
    assert entry.sizes == [sizes["9"], sizes["10"]]
    assert entry.mark == mark_of(entry.salt, str(alice.pk))
    assert entries.entry_of(alice, drop) == entry


def test_entering_by_a_token_saves_the_card_and_blocks_nothing(alice, drop):
    entry = enter(alice, drop, payment_method="test_ok")
    assert alice.payment_methods.get().pk == entry.method
    assert [(charge.amount, charge.status) for charge in TestCharge.objects.all()] == [(0, "captured")]


@pytest.mark.parametrize(("token", "refusal"), [("test_declined", MethodDeclined), ("test_confirm", ConfirmationRequired)])
def test_who_has_no_card_that_can_be_charged_is_not_entered(alice, drop, token, refusal):
    with pytest.raises(refusal):
        enter(alice, drop, payment_method=token)
    assert not DrawEntry.objects.exists()


def test_a_member_enters_once(alice, drop):
    enter(alice, drop)
    with pytest.raises(AlreadyEntered):
        enter(alice, drop)
    assert DrawEntry.objects.count() == 1


def test_one_entry_goes_to_one_address_however_it_is_written(alice, bob, drop):
    enter(alice, drop, address=ADDRESS)
    with pytest.raises(InUse) as refused:
        enter(bob, drop, address=ADDRESS | {"street": ADDRESS["street"].upper()})
    assert refused.value.facts == {"per": "address"}


def test_one_card_enters_once_where_its_provider_knows_it(alice, bob, drop):
    mine, theirs = (make_saved_method(member, fingerprint="Xt5EWLLDS7FJjR1c") for member in (alice, bob))
    enter(alice, drop, payment_method=str(mine.pk))
    with pytest.raises(InUse) as refused:
        enter(bob, drop, payment_method=str(theirs.pk))
    assert refused.value.facts == {"per": "payment_method"}


def test_who_has_withdrawn_may_enter_anew_and_frees_address_and_card(alice, bob, drop):
    enter(alice, drop, address=ADDRESS)
    entries.withdraw(alice, drop)
    entries.withdraw(alice, drop)
    enter(bob, drop, address=ADDRESS)
    enter(alice, drop)
    assert DrawEntry.objects.filter(withdrawn_at=None).count() == 2


def test_the_card_of_a_stranger_is_not_there(alice, bob, drop):
    with pytest.raises(Invalid) as refused:
        enter(alice, drop, payment_method=str(make_saved_method(bob).pk))
    assert refused.value.facts["errors"] == {"payment_method": ["You have no such payment method."]}


def test_nobody_withdraws_the_entry_of_another(alice, bob, drop):
    enter(alice, drop)
    with pytest.raises(NotFound):
        entries.withdraw(bob, drop)


WRONG = {
    "no sizes": {"sizes": []},
    "no list": {"sizes": "9"},
    "numbers": {"sizes": [9]},
    "another size": {"sizes": ["12"]},
    "one twice": {"sizes": ["9", "9.0"]},
    "no card": {"payment_method": None},
    "no address": {"address": {}},
    "no such group": {"group": "abc"},
    "a strange group": {"group": ["new"]},
}


@pytest.mark.parametrize("said", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_by_its_field(alice, drop, said):
    card = str(make_saved_method(alice).pk)
    with pytest.raises(Invalid) as refused:
        entries.enter(alice, drop, **{"sizes": ["9"], "address": home_of(alice), "payment_method": card, **said})
    (field,) = said
    assert {name.partition(".")[0] for name in refused.value.facts["errors"]} == {field}
    assert not DrawEntry.objects.exists()


def test_nobody_enters_before_the_start_or_after_the_close(alice):
    with pytest.raises(NotOpen):
        enter(alice, make_draw_drop(starts_in=60))
    late = make_draw_drop()
    Drop.objects.filter(pk=late.pk).update(ends_at=database_time())
    with pytest.raises(Closed):
        enter(alice, Drop.objects.get(pk=late.pk))
    assert not DrawEntry.objects.exists()


def test_nobody_enters_a_draw_that_is_closed_whatever_the_hours_say(alice, drop):
    Draw.objects.filter(drop=drop).update(state="closed", closed_at=database_time(), listed={})
    with pytest.raises(Closed):
        enter(alice, drop)


def test_other_drops_have_no_draw(alice):
    with pytest.raises(NotADraw):
        enter(alice, make_drop(1))


def test_nobody_reserves_where_a_draw_decides(alice, drop):
    with pytest.raises(Forbidden):
        reserve(member=alice, drop=drop, size=drop.sizes.first())


def test_a_group_takes_four(drop):
    first = enter(make_member(), drop, group="new")
    for _ in range(3):
        enter(make_member(), drop, group=first.group.code)
    with pytest.raises(GroupFull):
        enter(make_member(), drop, group=first.group.code)
    assert first.group.entries.count() == 4


def test_an_entry_is_forgotten_with_its_member_and_its_mark_stays(alice, drop):
    entry = enter(alice, drop)
    entries.forget(alice)
    entry.refresh_from_db()
    assert (entry.salt, entry.address, entry.place_hash, entry.method, entry.instrument) == ("", None, "", None, "")
    assert entry.withdrawn_at is not None
    assert entry.mark


def test_what_was_promised_stays_once_somebody_has_entered(drop, staff):
    from drops.plan_rules import judge

    judge(drop, {"ends_at": drop.ends_at.replace(microsecond=0)}, by=staff, moment=database_time())
    crowd(drop, 1)
    with pytest.raises(Invalid):
        judge(drop, {"limit_per_member": 2}, by=staff, moment=database_time())


def test_the_beacons_move_with_the_hours_until_somebody_has_entered(drop):
    from reservations.draws.open_draw import draw_of

    promised = draw_of(drop).beacons
    Drop.objects.filter(pk=drop.pk).update(ends_at=drop.ends_at.replace(year=2090))
    moved = draw_of(Drop.objects.get(pk=drop.pk))
    assert moved.beacons[0]["round"] > promised[0]["round"]
    assert [move.step for move in moved.moves.all()] == ["promised", "promised"]
