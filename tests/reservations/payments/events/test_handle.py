"""The provider's events: handled once each, again later where that failed, and set aside under a name of its own."""

from datetime import timedelta

import pytest
from django.db.models import F

from dropshop.core.clock import database_time
from reservations.models import ProviderEvent
from reservations.payments.events import handle
from tests.make import make_drop, make_reservation
from tests.reservations.till import begin

pytestmark = pytest.mark.django_db


@pytest.fixture
def handler(monkeypatch):
    """Handles the kind "seen" as its `answer` says, an exception is raised; `seen` are the events it was called with."""

    class Handler:
        answer, seen = True, []

        def __call__(self, event):
            self.seen.append(event.pk)
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

    handler = Handler()
    handler.seen = []
    monkeypatch.setattr(handle.event_handlers, "_values", {"seen": (0, handler)})
    return handler


def come(pk="evt_1", kind="seen", **facts):
    handle.store(ProviderEvent(id=pk, kind=kind, **facts))
    return ProviderEvent.objects.get(pk=pk)


def later(**span):
    """As if so much time had passed."""
    back = timedelta(**span)
    ProviderEvent.objects.update(received_at=F("received_at") - back, retry_at=F("retry_at") - back)
    return handle.handle_due()


def states():
    return [*ProviderEvent.objects.order_by("pk").values_list("status", flat=True)]


def test_an_event_that_comes_again_is_handled_once(handler):
    for _ in range(3):
        come()
        handle.handle_due()
    assert (handler.seen, states()) == (["evt_1"], ["handled"])


def test_the_event_that_came_first_is_handled_first(handler):
    for number in (1, 2, 3):
        come(f"evt_{number}", retry_at=database_time() - timedelta(seconds=number))
    assert handle.handle_due() == 3
    assert handler.seen == ["evt_3", "evt_2", "evt_1"]


def test_an_event_that_somebody_handles_is_left_alone_until_the_lease_has_run_out(handler):
    come()
    assert handle._claim(database_time()).pk == "evt_1"
    assert (handle.handle_due(), handler.seen) == (0, [])
    assert (later(minutes=2), handler.seen) == (1, ["evt_1"])


def test_whoever_has_lost_the_lease_settles_nothing(handler):
    come()
    slow = handle._claim(database_time())
    handler.answer = False
    later(minutes=2)
    handle._settle(slow, ProviderEvent.Status.HANDLED)
    assert states() == ["waiting"]


def test_what_is_told_of_an_unknown_payment_is_tried_for_a_day_and_then_set_aside(handler):
    handler.answer = False
    come()
    handle.handle_due()
    assert (states(), handle.handle_due()) == (["waiting"], 0), "not at once again"
    assert (later(hours=23), states()) == (1, ["waiting"])
    assert (later(hours=2), states()) == (1, ["unknown"])
    assert ProviderEvent.objects.get().error == "There is no such payment."
    assert later(hours=2) == 0


def test_a_handler_that_fails_is_called_again_and_at_last_its_error_is_there_to_read(handler):
    handler.answer = ZeroDivisionError("of money for ada@example.com")
    come()
    handle.handle_due()
    assert (states(), later(hours=25), states()) == (["waiting"], 1, ["failed"])
    assert ProviderEvent.objects.get().error == "ZeroDivisionError: of money for …", "without what points at a person"


def test_one_that_fails_keeps_no_other_waiting(handler):
    handler.answer = ZeroDivisionError()
    come("evt_1")
    come("evt_2")
    assert handle.handle_due() == 2
    assert handler.seen == ["evt_1", "evt_2"]


def test_what_was_given_up_is_tried_once_more_when_it_is_sent_again(handler):
    handler.answer = False
    come()
    assert (later(hours=25), states()) == (1, ["unknown"])
    handler.answer = True
    come()
    assert (handle.handle_due(), states()) == (1, ["handled"])


def test_a_kind_without_a_rule_waits_under_a_name_until_there_is_one(handler):
    come(kind="charge.dispute.created")
    assert (handle.handle_due(), states()) == (1, ["not_handled"])
    assert (handle.handle_due(), handler.seen) == (0, [])
    handle.event_handlers.add("charge.dispute.created", handler)
    assert (handle.handle_due(), states(), handler.seen) == (1, ["handled"], ["evt_1"])


def test_old_events_are_forgotten_and_those_that_wait_are_kept(handler):
    for number in range(4):
        come(f"evt_{number}", kind="seen" if number % 2 else "unheard")
    handle.handle_due()
    come("evt_8")
    ProviderEvent.objects.update(
        settled_at=F("settled_at") - timedelta(days=100), received_at=F("received_at") - timedelta(days=100)
    )
    come("evt_9")
    handle._claim(database_time())
    assert handle.forget_old(database_time() - timedelta(days=90)) == 4
    assert [event.pk for event in ProviderEvent.objects.order_by("pk")] == ["evt_8", "evt_9"]


def test_staff_find_what_is_not_handled_by_its_state(handler, staff, sign_in, alice):
    payment = begin(make_reservation(alice, make_drop(1)))
    come("evt_1", kind="charge.dispute.created", subject="dp_1", payment_key=str(payment.pk))
    come("evt_2")
    handle.handle_due()
    pages = sign_in(staff)
    found = pages.get("/admin/reservations/providerevent/", {"status__exact": "not_handled"})
    assert [event.pk for event in found.context["cl"].result_list] == ["evt_1"]
    assert "Not handled yet: no rule for this kind" in found.content.decode()
    assert "dp_1" in pages.get("/admin/reservations/providerevent/evt_5F1/change/").content.decode()
