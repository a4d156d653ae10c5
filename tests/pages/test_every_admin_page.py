"""Every page of the admin, by the list of what is registered: it opens, and shows facts in words."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import CharField, DateTimeField
from django.urls import reverse

from community.accounts.roles import ROLES
from community.karma import ledger
from community.models import Dispute, Member, PricePoint, Trade
from community.moderation import complaints, decisions
from community.trades import offers
from drops.models import Drop, Sneaker
from drops.stock import counters
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from dropshop.core.outbox import suppression
from dropshop.core.outbox.models import Email
from reservations.models import Payment, PickupPlace, ProviderEvent, Purchase, PurchaseRequest, Refund, Withdrawal
from reservations.queue.state import queue_of
from reservations.refunds import refund, reports
from reservations.withdrawals.withdraw import withdraw
from tests.harness.admin_forms import fields
from tests.make import (
    make_drop,
    make_event,
    make_post,
    make_purchase,
    make_restock,
    make_sneaker,
    make_source,
    make_trade,
)
from tests.reservations.charges.rates import ship, tax
from tests.reservations.draws.making import make_draw_drop

OURS = ("drops", "reservations", "community")


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def one_of_each(staff, alice, bob, sign_in):
    """At least one row of everything that the admin shows."""
    drop = make_drop({"9": 3}, sneaker=make_sneaker(art={"silhouette": "court", "upper": "#26261f"}))
    sale = make_purchase(alice, drop)
    refund.ask(sale.pk, Money(100, "USD"), by=staff, reason="A scratch.")
    reports.report_chargeback(sale.reservation.payments.get(), Money(100, "USD"), reference="dp_1")
    PurchaseRequest.objects.create(drop=drop, member=bob, sizes=[drop.sizes.get().pk], latest_price=18000, currency="USD")
    ship("US", 1200)
    tax("US", "8.25", name="Sales tax")
    PickupPlace.objects.create(
        name="Oslo store", street="2 Store Street", zip_code="0150", city="Oslo", country="NO", hours="10 to 18"
    )
    withdraw(sale.pk, name="Alice", email="alice@example.com")
    counters.adjust(drop.sizes.get().pk, total=5, reason="Found a box", by=staff)
    queue_of(drop.pk)
    make_draw_drop()
    post = make_post(alice)
    decisions.hide(post, moderator=staff, complaint=complaints.file_complaint(bob, post, "spam"))
    ledger.give(alice, 5, by=staff, reason="Thanks", key="k")
    trade = make_trade(alice, bob)
    offers.accept(trade.pk, by=bob)
    Dispute.objects.create(trade=trade, opened_by=alice, reason="Nothing came.")
    make_event(alice), make_restock(alice), make_source()
    PricePoint.objects.get_or_create(sneaker=drop.sneaker, size="9", price=1, currency="USD", origin="sale", at=database_time())
    ProviderEvent.objects.create(id="evt_1", kind="refund.created", subject="re_1", reference="pi_1")
    EmailAddress.objects.create(user=alice, email=alice.email)
    suppression.suppress(alice.email, suppression.Reason.BOUNCED, "550 5.1.1 unknown")
    UserSession.objects.create(user=alice, session_key="a-key-that-signs-in", ip="192.0.2.1", user_agent="A browser")
    desk = sign_in(staff)
    form = fields(desk.get(address(Sneaker, "change", drop.sneaker.pk)), "sneaker_form")
    desk.post(address(Sneaker, "change", drop.sneaker.pk), form | {"name": "Renamed", "silhouette": "trail"})
    return desk


def test_every_list_page_and_history_opens_and_shows_nothing_raw(one_of_each):
    faults = []
    for model in admin.site._registry:
        row = model._default_manager.first()
        assert row is not None, model
        for page in (address(model, "changelist"), address(model, "change", row.pk), address(model, "history", row.pk)):
            answer = one_of_each.get(page)
            shown = re.sub(r"<script.*?</script>| data-[a-z-]+=\"[^\"]*\"", "", answer.content.decode(), flags=re.DOTALL)
            if answer.status_code != 200 or re.search(r"[{\[](&quot;|&#x27;|\"|')|a-key-that-signs-in|p\.m\.|a\.m\.", shown):
                faults.append((page, answer.status_code))
    assert faults == []


def asked_of(field):
    """Addresses of a list that ask for this field in ways for which no filter has a link."""
    if isinstance(field, DateTimeField):
        return [f"{field.name}__year=99999", f"{field.name}__year=0", f"{field.name}__gte=x"]
    return [f"{field.name}__startswith=a", f"{field.name}__regex=("] if isinstance(field, CharField) else []


def test_no_list_tells_by_its_address_what_its_filters_do_not(one_of_each):
    wrong, refused = [], 0
    for model in (Payment, Withdrawal, Refund, ProviderEvent, Email, Purchase, Member):
        for question in (question for field in model._meta.get_fields() for question in asked_of(field)):
            status = one_of_each.get(f"{address(model, 'changelist')}?{question}").status_code
            refused += status == 400
            if status not in (302, 400):
                wrong.append((model, question, status))
    assert (wrong, refused > 50) == ([], True)


def test_every_kind_of_thing_has_an_english_plural():
    wrong = re.compile(r"[^aeiou]ys$|(s|x|z|ch|sh)s$|_")
    kinds = {*admin.site._registry, *(model for app in OURS for model in apps.get_app_config(app).get_models())}
    plurals = {str(model._meta.verbose_name_plural) for model in kinds}
    assert sorted(plural for plural in plurals if wrong.search(plural)) == []


def test_the_time_zone_is_typed_with_suggestions_and_spelled_as_one_likes(one_of_each):
    page = one_of_each.get(address(Drop, "add")).content.decode()
    assert ('list="id_time_zone_list"' in page, '<option value="Europe/Berlin"></option>' in page) == (True, True)
    assert '<select name="time_zone"' not in page
    drop = Drop.objects.get(mode="first_come")
    form = fields(one_of_each.get(address(Drop, "change", drop.pk)), "drop_form")
    one_of_each.post(address(Drop, "change", drop.pk), form | {"title": "Renamed", "time_zone": "  utc"})
    drop.refresh_from_db()
    assert (drop.title, drop.time_zone) == ("Renamed", "UTC")


def test_the_drawing_of_a_sneaker_is_chosen_in_words_and_keeps_its_colours(one_of_each):
    sneaker = Drop.objects.get(mode="first_come").sneaker
    assert sneaker.art == {"silhouette": "trail", "upper": "#26261f"}
    page = one_of_each.get(address(Sneaker, "change", sneaker.pk)).content.decode()
    assert ("upper #26261f" in page, 'name="art"' in page) == (True, False)


def test_what_was_changed_is_told_in_words_with_a_time_to_the_second(one_of_each):
    entry = LogEntry.objects.order_by("-pk").first()
    page = one_of_each.get(address(LogEntry, "changelist")).content.decode()
    assert entry.get_change_message() == "Changed Name and silhouette."
    assert "Changed Name and silhouette." in page
    assert f"{entry.action_time:%-d %b %Y, %H:%M:%S} UTC" in page


def test_a_long_list_has_its_pages_at_its_end(one_of_each):
    Group.objects.bulk_create(Group(name=f"group {number}") for number in range(60))
    page = one_of_each.get(address(Group, "changelist")).content.decode()
    (pages,) = re.findall(r'<nav class="paginator" aria-label="Pages">.*?</nav>', page, flags=re.DOTALL)
    assert (f"{60 + len(ROLES)} groups, page 1 of 2" in pages, page.index("result_list") < page.index(pages)) == (True, True)


def test_who_offered_to_whom_names_a_trade(one_of_each):
    trade = Trade.objects.get()
    page = one_of_each.get(address(Trade, "changelist")).content.decode()
    assert (f"{trade.proposer} and {trade.receiver}" in page, f">{trade.pk}<" in page) == (True, False)
