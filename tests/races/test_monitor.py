"""Several workers and one source: one reads it, and what was read late counts no more."""

import json
import logging

import pytest
from django.db import transaction

from community.feed_reader import sources
from community.models import Offer, PricePoint, Restock, Source
from community.restocks import votes
from drops.models import Sneaker
from dropshop.core.outbound.client import OutboundResponse
from tests.make import make_member, make_restock, make_sneaker, make_source
from tests.races.crowd import Meeting, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]
READERS = 8


class Read:
    """A visit that finds size 9 as `available` says, and what it was asked for."""

    def __init__(self, available=True, meanwhile=lambda: None):
        self.available, self.meanwhile, self.times = available, meanwhile, 0

    def read(self, url, headers):
        self.times += 1
        self.meanwhile()
        variant = {"title": "9", "available": self.available, "price": "180.00"}
        body = json.dumps({"products": [{"title": "HN-1", "variants": [variant]}]})
        return OutboundResponse(url, 200, {"content-type": "application/json"}, body.encode())


def due():
    """A source at which size 9 was out, claimed by the sweep: its id and token."""
    source = make_source()
    Offer.objects.create(source=source, sneaker=make_sneaker(style_code="HN-1"), size="9", in_stock=False, price=1)
    ((pk, token),) = sources.due()
    return pk, token


def crowd_reads_one():
    """The same message reaches all of them at once; how often the host was asked."""
    (pk, token), visit = due(), Read()
    at_once([lambda: sources.read(pk, token, visit=visit)] * READERS)
    assert (Restock.objects.count(), PricePoint.objects.count()) == (1, 1)
    return visit.times


def test_of_a_crowd_of_workers_one_reads_a_source():
    assert crowd_reads_one() == 1


def test_control_with_no_claim_all_of_them_read_it(monkeypatch):
    monkeypatch.setattr(sources, "claim", lambda pk, token: token)
    assert crowd_reads_one() == READERS


def test_of_a_crowd_of_sweeps_one_claims_a_source():
    for _ in range(4):
        make_source()
    claimed = [pk for answers in at_once([sources.due] * READERS) for pk, _ in answers]
    assert (len(claimed), set(claimed)) == (4, set(Source.objects.values_list("pk", flat=True)))


def a_late_reader():
    """The lease of the first ran out while its host dawdled; a second has read meanwhile that size 9 is out again."""
    pk, token = due()

    def another_takes_over():
        standing = Source.objects.get(pk=pk).next_at
        sources.read(pk, standing, visit=Read(available=False))

    sources.read(pk, token, visit=Read(meanwhile=another_takes_over))
    return list(Restock.objects.values_list("sizes", "status"))


def test_what_was_read_too_late_is_no_news():
    assert a_late_reader() == []


def test_control_without_the_token_it_is_reported(monkeypatch):
    monkeypatch.setattr(sources, "_is_ours", lambda source, token: True)
    assert a_late_reader() == [(["9"], "confirmed")]


def two_who_both_think_it_is_theirs(monkeypatch):
    """Both have read, and meet between looking at the offers and writing what they found."""
    (pk, token), meeting = due(), Meeting()
    monkeypatch.setattr(sources, "claim", lambda pk, token: token)
    monkeypatch.setattr(sources, "_is_ours", lambda source, token: True)
    note_price = sources.changes._note_price

    def pause_then_note(*facts):
        meeting.meet()
        note_price(*facts)

    monkeypatch.setattr(sources.changes, "_note_price", pause_then_note)
    at_once([lambda: sources.read(pk, token, visit=Read())] * 2)
    return PricePoint.objects.count()


def test_under_the_sources_lock_a_price_is_noted_once(monkeypatch):
    assert two_who_both_think_it_is_theirs(monkeypatch) == 1


def test_control_without_the_sources_lock_it_is_noted_twice(monkeypatch):
    lock = Source.objects.all().__class__.select_for_update
    monkeypatch.setattr(
        Source.objects.all().__class__,
        "select_for_update",
        lambda rows, **options: rows if rows.model is Source else lock(rows, **options),
    )
    assert two_who_both_think_it_is_theirs(monkeypatch) == 2


class TwoCameIn(Read):
    """A visit that finds two sneakers in, in the order of the ids."""

    def read(self, url, headers):
        variant = {"title": "9", "available": True}
        products = [{"title": code, "variants": [variant]} for code in ("HN-1", "HN-2")]
        return OutboundResponse(url, 200, {"content-type": "application/json"}, json.dumps({"products": products}).encode())


def a_reading_confirms_two_while_staff_confirm_the_second(monkeypatch, caplog):
    """One member reported both: their points are wanted by the reading, which has confirmed the first, and by whoever has
    locked the second. How often somebody had to begin again.
    """
    source, meeting, reporter, staff = make_source(), Meeting(), make_member(), make_member()
    codes = sorted((make_sneaker() for _ in range(2)), key=lambda sneaker: str(sneaker.pk))
    for number, sneaker in enumerate(codes, 1):
        Sneaker.objects.filter(pk=sneaker.pk).update(style_code=f"HN-{number}")
        Offer.objects.create(source=source, sneaker=sneaker, size="9", in_stock=False)
    _, second = (make_restock(reporter, store=source.store, sneaker=sneaker) for sneaker in codes)
    ((pk, token),) = sources.due()
    report_from, give, met = sources.reports.report_from_source, votes.rewards.give, []

    def report_then_meet(*facts):
        reported = report_from(*facts)
        if not met:
            met.append(True)
            meeting.meet()
        return reported

    def meet_then_give(report, *facts, **more):
        if report.pk == second.pk and more.get("judge"):
            meeting.meet()
        give(report, *facts, **more)

    monkeypatch.setattr(sources.reports, "report_from_source", report_then_meet)
    monkeypatch.setattr(votes.rewards, "give", meet_then_give)
    at_once(
        [
            lambda: sources.read(pk, token, visit=TwoCameIn()),
            lambda: votes.decide(second.pk, Restock.Status.CONFIRMED, by=staff),
        ]
    )
    assert list(Restock.objects.values_list("status", flat=True)) == ["confirmed"] * 2
    return caplog.text.count("40P01")


def test_a_reading_of_several_sneakers_and_a_vote_never_wait_for_each_other(monkeypatch, caplog):
    with caplog.at_level(logging.INFO):
        assert a_reading_confirms_two_while_staff_confirm_the_second(monkeypatch, caplog) == 0


def test_control_in_one_transaction_for_all_sneakers_they_do(monkeypatch, caplog):
    done = sources._done

    @sources.retrying
    def at_one_go(*facts):
        with transaction.atomic():
            done(*facts)

    monkeypatch.setattr(sources, "_done", at_one_go)
    with caplog.at_level(logging.INFO):
        assert a_reading_confirms_two_while_staff_confirm_the_second(monkeypatch, caplog) > 0
