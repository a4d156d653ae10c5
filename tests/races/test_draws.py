"""Entering at once, and while the draw closes: nobody is in it twice, and who was told that they are in is in the list."""

import pytest
from django.db import connection

from drops import plan_rules, planning
from dropshop.machine.processes import wait_until
from reservations.draws import entries, open_draw, steps
from reservations.draws.models import Draw, DrawEntry
from tests.harness.patience import PATIENCE
from tests.make import make_member, make_saved_method
from tests.races.crowd import Meeting, at_once, codes
from tests.reservations.draws.making import a_home, enter, make_draw_drop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


def ten_enter(drop, *, member=None, home=None):
    """Ten at once: one member, or one address."""
    people = [(member or make_member(), home or a_home()) for _ in range(10)]
    cards = [make_saved_method(who, is_default=False) for who, _ in people]
    return codes(
        at_once(
            [
                lambda who=who, where=where, card=card: enter(who, drop, address=where, payment_method=str(card.pk))
                for (who, where), card in zip(people, cards, strict=True)
            ]
        )
    )


def meet_before_writing(monkeypatch):
    """All have looked whether they are alone before any of them writes."""
    meeting, check = Meeting(10, patience=2), entries._check_alone

    def checked(*said):
        check(*said)
        meeting.meet()

    monkeypatch.setattr(entries, "_check_alone", checked)


@pytest.mark.parametrize("what", ["address", "member"])
def test_of_ten_at_once_one_is_in(monkeypatch, what):
    drop = make_draw_drop()
    meet_before_writing(monkeypatch)
    same = {"home": a_home()} if what == "address" else {"member": make_member()}
    refused = {"address": "entered_with_it", "member": "already_entered"}[what]
    assert ten_enter(drop, **same) == [*[refused] * 9, "ok"]
    assert DrawEntry.objects.count() == 1


def test_control_without_the_unique_index_many_enter_with_one_address(monkeypatch):
    drop = make_draw_drop()
    meet_before_writing(monkeypatch)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'draw_entry_one_per_address'")
        (definition,) = cursor.fetchone()
        cursor.execute("DROP INDEX draw_entry_one_per_address")
        try:
            assert ten_enter(drop, home=a_home()).count("ok") > 1
        finally:
            DrawEntry.objects.all().delete()
            cursor.execute(definition)


def closes_while_somebody_enters(monkeypatch):
    """Somebody has been let in, and the draw closes before they are written down; were they told so, and are they listed?"""
    drop = make_draw_drop()
    meeting = Meeting(2)
    check, leaves = entries._check_alone, steps.leaves_of

    def checked(*said):
        check(*said)
        meeting.meet()

    def listed(*said):
        found = leaves(*said)
        meeting.meet()
        return found

    monkeypatch.setattr(entries, "_check_alone", checked)
    monkeypatch.setattr(steps, "leaves_of", listed)
    monkeypatch.setattr(steps, "database_time", lambda: drop.ends_at)  # for the one who closes, it is over
    member = make_member()
    told, closed = at_once([lambda: enter(member, drop), lambda: steps.close(Draw.objects.get(drop=drop))])
    return isinstance(told, DrawEntry), closed.listed["count"]


def test_whoever_was_told_that_they_are_in_is_in_the_list(monkeypatch):
    assert closes_while_somebody_enters(monkeypatch) in [(True, 1), (False, 0)]


def test_control_without_the_shared_lock_somebody_is_told_so_and_not_listed(monkeypatch):
    monkeypatch.setattr(entries, "_shared", lambda draw: Draw.objects.select_related("drop").get(pk=draw.pk))
    assert closes_while_somebody_enters(monkeypatch) == (True, 0)


def somebody_enters_behind_a_change(staff, monkeypatch):
    """Staff's new price has been judged and is not written yet: has somebody entered by the old one when it is?"""
    drop, member = make_draw_drop(), make_member()
    meeting, found = Meeting(2, patience=2), []

    def has_begun(drop_id):
        answer = open_draw.has_begun(drop_id)
        meeting.meet()
        found.append(open_draw.has_begun(drop_id))
        return answer

    def enter_meanwhile():
        wait_until(lambda: meeting._arrived == 1, PATIENCE, every=0.01)
        entry = enter(member, drop)
        meeting.meet()
        return entry

    monkeypatch.setitem(plan_rules.begun._values, "draws", (0, has_begun))
    change = {"price": drop.price + 100}
    answers = at_once([lambda: planning.change_drop(drop.pk, change, by=staff, reason="It was a slip."), enter_meanwhile])
    return codes(answers), found


def test_no_price_changes_behind_the_first_entry(staff, monkeypatch):
    assert somebody_enters_behind_a_change(staff, monkeypatch) == (["ok", "ok"], [False])


def test_control_without_the_lock_of_the_drop_it_does(staff, monkeypatch):
    monkeypatch.setattr(entries, "SHARE_DROP", "SELECT FROM {drop} WHERE id = %(id)s")
    assert somebody_enters_behind_a_change(staff, monkeypatch) == (["ok", "ok"], [True])
