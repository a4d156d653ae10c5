"""Hooks: filled once, in any order, and missed at the start where nobody fills one."""

import pytest

from community.closet import hooks as closet
from dropshop import checks
from dropshop.core import hooks
from dropshop.core.hooks import Hook, Registry
from dropshop.machine.processes import CannotStart


@pytest.fixture
def required(monkeypatch):
    """Nobody's hooks but those of the test."""
    monkeypatch.setattr(hooks, "_required", [])


def test_a_hook_gives_what_was_filled_in_and_filling_it_again_with_the_same_changes_nothing(required):
    hook = Hook("somebody.asks")
    hook.fill(len)
    hook.fill(len)
    assert hook.value("abc") == 3


def test_an_empty_hook_says_its_name(required):
    hook = Hook("somebody.asks")
    with pytest.raises(LookupError, match=r"somebody\.asks"):
        _ = hook.value


def test_two_providers_of_one_hook_are_a_mistake(required):
    hook, registry = Hook("somebody.asks"), Registry("somebody.lists")
    hook.fill(len)
    registry.add("one", len)
    with pytest.raises(ValueError, match=r"somebody\.asks"):
        hook.fill(max)
    with pytest.raises(ValueError, match=r"one in the registry somebody\.lists"):
        registry.add("one", max)
    assert (hook.value, registry["one"]) == (len, len)


def test_a_registry_is_read_by_rank_and_name_in_whatever_order_it_was_filled(required):
    registry = Registry("somebody.lists")
    for name, rank in (("c", 1), ("b", 2), ("a", 2), ("d", 0)):
        registry.add(name, name, rank=rank)
    assert list(registry) == ["d", "c", "a", "b"]


def test_what_is_still_empty_is_named_and_what_may_be_empty_is_not(required):
    filled = Hook("filled")
    filled.fill(len)
    Hook("empty"), Hook("optional", optional=True), Registry("list")
    kinds = Registry("kinds", must_hold=("drop", "post"))
    kinds.add("post", len)
    assert hooks.empty_hooks() == ["empty", "kinds[drop]"]


def test_every_hook_of_the_shop_is_filled():
    assert hooks.empty_hooks() == []
    assert checks.hooks_are_filled() == []


def test_a_shop_with_an_empty_hook_does_not_start_and_says_which(monkeypatch):
    monkeypatch.setattr(closet.pairs_changed, "filled", None)
    assert [found.msg for found in checks.hooks_are_filled()] == ["Nobody fills the hook community.closet.pairs_changed."]
    with pytest.raises((SystemExit, CannotStart)):
        checks.require_safe_start()
