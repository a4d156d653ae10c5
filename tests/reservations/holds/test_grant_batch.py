"""A batch decides as if its claims had come one by one, whatever mix of members and sizes it is."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropshop.core.errors import DropshopError
from reservations.holds.reserve import GrantedHold, HoldRequest, grant
from reservations.models import Reservation
from tests.harness.thorough import DRAWN, THOROUGH
from tests.make import lapse, make_drop, make_members, make_purchase, make_reservation

pytestmark = pytest.mark.django_db

MEMBERS, SIZES = 5, ("9", "10", "11")


@st.composite
def scenes(draw):
    """Stock of each size, what each member did before, and the claims."""
    return {
        "stock": draw(st.lists(st.integers(0, 3), min_size=3, max_size=3)),
        "limit": draw(st.integers(1, 2)),
        "before": draw(
            st.lists(
                st.tuples(st.sampled_from(["nothing", "held", "lapsed", "bought"]), st.sampled_from(SIZES)),
                min_size=MEMBERS,
                max_size=MEMBERS,
            )
        ),
        "claims": draw(st.lists(st.tuples(st.integers(0, MEMBERS), st.sampled_from((*SIZES, "none"))), max_size=8)),
    }


def set_up(scene):
    drop = make_drop(dict(zip(SIZES, scene["stock"], strict=True)), limit_per_member=scene["limit"], lapses_allowed=1)
    members = make_members(MEMBERS + 1)
    members[MEMBERS].is_active = False
    members[MEMBERS].save()
    for member, (deed, label) in zip(members, scene["before"], strict=False):
        if drop.sizes.get(label=label).available:
            match deed:
                case "held":
                    make_reservation(member, drop, label)
                case "bought":
                    make_purchase(member, drop, label)
                case "lapsed":
                    lapse(make_reservation(member, drop, label))
    ids = dict(drop.sizes.values_list("label", "pk")) | {"none": 0}
    return (
        drop,
        [HoldRequest(members[who].pk, ids[label]) for who, label in scene["claims"]],
        {member.pk: n for n, member in enumerate(members)},
    )


def outcome(answers, numbers):
    """What each claim got, without what differs between two runs (ids, the clock)."""
    return [
        (numbers[answer.reservation.member_id], answer.reservation.size.label, answer.created)
        if isinstance(answer, GrantedHold)
        else answer.code
        for answer in answers
    ]


def state(drop, numbers):
    held = Reservation.objects.filter(drop=drop).values_list("member", "size__label", "status")
    counters = drop.sizes.values_list("label", "available", "reserved", "sold")
    return sorted((numbers[member], label, status) for member, label, status in held), list(counters)


@DRAWN
@settings(max_examples=15 * THOROUGH, derandomize=THOROUGH == 1)
@given(scene=scenes())
def test_a_batch_answers_as_if_its_claims_had_come_one_by_one(scene):
    """Same winners, same refusals, same stock, double clicks included."""
    found = []
    for together in (True, False):
        drop, claims, numbers = set_up(scene)
        answers = grant(drop.pk, claims) if together else [grant(drop.pk, [claim])[0] for claim in claims]
        found.append((outcome(answers, numbers), _without_untouched_lapses(state(drop, numbers), scene)))
    assert found[0] == found[1]


def _without_untouched_lapses(found, scene):
    """A batch ends the lapsed holds of all its sizes; one by one, a size nobody was let near keeps them for the sweeper."""
    holds, counters = found
    ended = [
        (who, label, "over" if status in ("expired", "active") and _lapsed(scene, who, label) else status)
        for who, label, status in holds
    ]
    return ended, [(label, available + reserved, sold) for label, available, reserved, sold in counters]


def _lapsed(scene, who, label):
    return who < MEMBERS and scene["before"][who] == ("lapsed", label)


def test_a_double_click_in_one_batch_gets_one_hold_and_one_of_them_made_it():
    drop = make_drop({"9": 3, "10": 3})
    (member,) = make_members(1)
    nine, ten = drop.sizes.values_list("pk", flat=True)
    answers = grant(drop.pk, [HoldRequest(member.pk, nine), HoldRequest(member.pk, ten), HoldRequest(member.pk, nine)])
    assert [answer.created for answer in answers] == [True, False, False]
    assert len({answer.reservation.pk for answer in answers}) == 1
    assert list(drop.sizes.values_list("reserved", flat=True)) == [1, 0]


def test_in_a_batch_the_first_in_line_get_the_pairs_and_one_moment_counts_for_all():
    drop = make_drop(3)
    claims = [HoldRequest(member.pk, drop.sizes.get().pk) for member in make_members(5)]
    answers = grant(drop.pk, claims)
    assert [isinstance(answer, GrantedHold) for answer in answers] == [True, True, True, False, False]
    assert [answer.code for answer in answers[3:]] == ["all_held", "all_held"]
    expiries = {answer.reservation.expires_at for answer in answers[:3]}
    assert expiries == {answers[0].reservation.created_at + timedelta(seconds=60)}
    assert answers[3].facts["retry_at"] == expiries.pop().isoformat().replace("+00:00", "Z")


def test_one_members_refusal_does_not_harm_the_others():
    drop = make_drop(3)
    first, buyer, last = make_members(3)
    make_purchase(buyer, drop)
    size = drop.sizes.get().pk
    answers = grant(
        drop.pk,
        [HoldRequest(first.pk, size), HoldRequest(buyer.pk, size), HoldRequest(first.pk, 0), HoldRequest(last.pk, size)],
    )
    assert [answer.code if isinstance(answer, DropshopError) else "granted" for answer in answers] == [
        *("granted", "limit_reached", "not_found", "granted"),
    ]


def test_an_empty_batch_is_no_deed():
    assert grant(make_drop(1).pk, []) == []
