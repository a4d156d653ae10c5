"""Acceptance 40, of what one member may have only so many of: thirty at once, and it holds exactly."""

import pytest

from community.closet import folders, pairs
from community.models import Condition
from community.people import follows
from community.wants import edit
from tests.make import make_sneaker, make_store
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]
MOST, CROWD = 3, 30


@pytest.fixture
def acts(alice):
    """By what there is at most of: thirty ways of wanting one more, and how many there are."""
    sneaker = make_sneaker()
    sneakers, stores = [make_sneaker() for _ in range(CROWD)], [make_store() for _ in range(CROWD)]
    pair = {"sneaker": sneaker, "size": "9", "condition": Condition.NEW}
    return {
        edit: ([lambda it=it: edit.add(alice, it, {}) for it in sneakers], alice.wants),
        follows: ([lambda it=it: follows.follow(alice, store=it) for it in stores], alice.follows),
        folders: ([lambda it=it: folders.named(alice, f"Shelf {it}") for it in range(CROWD)], alice.folders),
        pairs: ([lambda: pairs.add(alice, pair) for _ in range(CROWD)], alice.pairs),
    }


@pytest.mark.parametrize(
    ("module", "bound"),
    [
        pytest.param(edit, "MAX_WANTS", id="edit"),
        pytest.param(follows, "MAX_FOLLOWS", id="follows"),
        pytest.param(folders, "MAX_FOLDERS", id="folders"),
        pytest.param(pairs, "MAX_PAIRS", id="pairs"),
    ],
)
def test_acceptance_40_thirty_at_once_get_exactly_as_many_as_one_may_have(acts, monkeypatch, module, bound):
    monkeypatch.setattr(module, bound, MOST)
    crowd, there = acts[module]
    answers = at_once(crowd, threads=10)
    assert (there.count(), sum(isinstance(answer, Exception) for answer in answers)) == (MOST, CROWD - MOST)
