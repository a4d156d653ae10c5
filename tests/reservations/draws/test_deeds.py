"""What staff do with a draw: dice by two, the beacon by hand, loyalty, calling it off; none of it chooses."""

import pytest

from community.models import Notice
from dropshop.core.errors import Invalid
from reservations.draws import deeds, steps
from reservations.draws.errors import BeaconRefused, StepRefused
from reservations.draws.models import Draw
from tests.make import make_member
from tests.reservations.draws.files import RANDOMNESS, ROUND, SIGNATURE
from tests.reservations.draws.making import CLOSED_AT, crowd, drawn, end, make_draw_drop

pytestmark = pytest.mark.django_db
THROW = "3 5 1 6 2 2 4 6 1 3 5 5 2 6 4 1"


@pytest.fixture
def closed():
    """A draw that has come to dice."""
    drop = make_draw_drop({"9": 1})
    crowd(drop, 3)
    return steps.close(end(drop, nist=CLOSED_AT, dice=CLOSED_AT))


@pytest.fixture
def second():
    return make_member(is_staff=True)


def throw(draw, by, dice=THROW):
    return deeds.throw_dice(draw, by=by, dice=dice, reason="The beacons are away.")


def test_two_people_who_enter_the_same_throw_decide_the_draw(closed, staff, second):
    assert not throw(closed, staff)
    assert throw(closed, second, f" {THROW.replace(' ', '  ')} ")
    draw = Draw.objects.get(pk=closed.pk)
    assert draw.beacon["value"] == f"dice:{THROW}"
    assert [(move.step, move.by, move.reason) for move in draw.moves.all()][-2:] == [
        ("dice entered", staff, "The beacons are away."),
        ("beacon", second, "The beacons are away."),
    ]
    assert steps.decide(draw).state == "drawn"


def test_one_person_alone_decides_nothing(closed, staff):
    throw(closed, staff)
    with pytest.raises(Invalid) as refused:
        throw(closed, staff)
    assert refused.value.facts["errors"] == {"dice": ["A second person of staff enters the same numbers."]}
    assert Draw.objects.get(pk=closed.pk).beacon is None


def test_after_two_different_throws_both_throw_again(closed, staff, second):
    throw(closed, staff)
    with pytest.raises(Invalid) as refused:
        throw(closed, second, THROW.replace("3", "4"))
    assert refused.value.facts["errors"] == {"dice": [deeds.DIFFERENT]}
    assert not throw(closed, second)
    assert throw(closed, staff)


@pytest.mark.parametrize("dice", ["", "1 2 3", THROW.replace("6", "7"), THROW.replace(" ", ",")])
def test_what_are_no_dice_is_refused(closed, staff, dice):
    with pytest.raises(BeaconRefused, match="16 dice"):
        throw(closed, staff, dice)


def test_dice_do_not_count_before_their_time(staff):
    drop = make_draw_drop({"9": 1})
    draw = steps.close(end(drop))
    with pytest.raises(StepRefused, match="in the order"):
        throw(draw, staff)


def test_the_named_round_counts_whoever_brings_it_and_no_other(staff):
    drop = make_draw_drop({"9": 1})
    crowd(drop, 1)
    draw = steps.close(end(drop))
    for number, signature in ((ROUND + 1, SIGNATURE), (ROUND, SIGNATURE[:-1] + "c")):
        with pytest.raises(BeaconRefused):
            deeds.give_beacon(draw, by=staff, number=number, signature=signature, reason="No way out of here.")
    told = deeds.give_beacon(draw, by=staff, number=ROUND, signature=SIGNATURE.upper(), reason="No way out of here.")
    assert told.beacon["value"] == f"drand:{RANDOMNESS}"


def test_loyalty_is_set_before_the_first_entry(staff):
    drop = make_draw_drop({"9": 1})
    draw = Draw.objects.get(drop=drop)
    assert deeds.set_loyalty(draw, loyalty=True, by=staff, reason="As announced.").loyalty is True
    crowd(drop, 1)
    with pytest.raises(StepRefused):
        deeds.set_loyalty(draw, loyalty=False, by=staff, reason="No more.")


def test_a_draw_is_called_off_in_each_state_until_it_is_drawn(staff):
    early = make_draw_drop({"9": 1})
    (first,) = crowd(early, 1)
    deeds.call_off(Draw.objects.get(drop=early), by=staff, reason="Lost.")
    early.refresh_from_db()
    assert early.called_off_because == "Lost."
    late = make_draw_drop({"9": 1})
    people = crowd(late, 2)
    draw = steps.close(end(late))
    assert deeds.call_off(draw, by=staff, reason="The lorry burnt.").state == "called_off"
    assert steps.decide(draw).state == "called_off"
    assert deeds.call_off(draw, by=staff, reason="Again.").state == "called_off"
    steps.sweep()
    assert Notice.objects.get(member=first.member).text.endswith("called off. Lost. Nothing was blocked on your card.")
    told = Notice.objects.filter(kind="draw_called_off", member__in=[entry.member_id for entry in people])
    assert [notice.text for notice in told] == [
        f"{late.title}: the draw was called off. The lorry burnt. Nothing was blocked on your card."
    ] * 2
    over = drawn(make_draw_drop({"9": 1}))
    with pytest.raises(StepRefused, match="stays"):
        deeds.call_off(over, by=staff, reason="Too late.")


def test_every_deed_wants_a_reason(closed, staff):
    with pytest.raises(Invalid):
        deeds.throw_dice(closed, by=staff, dice=THROW, reason=" ")
    with pytest.raises(Invalid):
        deeds.call_off(closed, by=staff, reason="")
