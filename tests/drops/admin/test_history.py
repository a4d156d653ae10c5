"""A drop's history: old and new values, who and why; and the price of a running drop, which asks for both."""

from django.db import connection
from django.urls import reverse

from drops.models import Drop
from dropshop.core.local_time import LocalTime
from tests.harness.admin_forms import fields
from tests.make import make_drop


def page(name, drop):
    return reverse(f"admin:drops_drop_{name}", args=[drop.pk])


def history(client, drop):
    """Each line of the history, the newest first: who, what, why."""
    changes = client.get(page("history", drop)).context["changes"]
    return [(change.by, change.words, change.reason) for change in changes]


def test_the_history_names_old_and_new_values_with_zone_and_seconds(staff_client, manager):
    drop = make_drop({"9": 2}, published=False, starts_in=86400, time_zone="Europe/Berlin")
    typed = fields(staff_client.get(page("change", drop)), "drop_form")
    staff_client.post(
        page("change", drop), typed | {"price": "199.00", "ends_at_date": "2032-06-30", "ends_at_time": "20:15:30"}
    )
    (changed, made) = history(staff_client, drop)
    old = LocalTime.at(drop.ends_at, "Europe/Berlin").local
    before = f"{old:%-d %b %Y, %H:%M:%S} Europe/Berlin ({drop.ends_at:%Y-%m-%d %H:%M:%S} UTC)"
    after = "30 Jun 2032, 20:15:30 Europe/Berlin (2032-06-30 18:15:30 UTC)"
    assert changed == (manager.username, f"price: $180 → $199; ends at: {before} → {after}", "")
    assert made[1] == "made"
    shown = staff_client.get(page("history", drop)).content.decode()
    assert [words for words in ("$180 → $199", f"{before} → {after}") if words not in shown] == []


def test_deeds_stock_and_the_api_stand_in_the_same_history(staff_client, manager, as_member):
    drop = make_drop({"9": 2}, published=False, starts_in=86400)
    staff_client.post(page("publish", drop))
    as_member(manager).patch(f"drops/{drop.pk}", {"title": "Renamed", "reason": "A typing error"})
    as_member(manager).patch(f"drops/{drop.pk}/stock", {"size": "9", "total": 5, "reason": "Found a box"})
    who = manager.username
    assert history(staff_client, drop)[:-1] == [
        (who, "size 9, total: 2 → 5", "Found a box"),
        (who, f"title: {drop.title} → Renamed", "A typing error"),
        (who, "published: no → yes", ""),
    ]


def test_another_phase_is_no_line_of_the_history(staff_client):
    drop = make_drop()
    Drop.objects.filter(pk=drop.pk).update(announced_phase="live")
    assert [words for _, words, _ in history(staff_client, drop)] == ["made"]


def test_another_price_of_a_running_drop_is_confirmed_with_both_prices_and_a_reason(staff_client, manager):
    drop = make_drop({"9": 2})
    typed = fields(staff_client.get(page("change", drop)), "drop_form") | {"price": "175.50", "title": "Renamed"}
    asked = staff_client.post(page("change", drop), typed)
    assert "Change the price from $180 to $175.50?" in asked.content.decode()
    confirmed = fields(asked, "reasoned")
    for reason in ({}, {"price_reason": " "}):
        again = staff_client.post(page("change", drop), confirmed | reason)
        assert ('id="price-reason-error"' in again.content.decode(), Drop.objects.get().price) == (True, 18000)
    for_another_price = confirmed | {"price_reason": "A slip", "price": "17.55"}
    assert staff_client.post(page("change", drop), for_another_price).status_code == 200
    assert Drop.objects.get().price == 18000
    assert staff_client.post(page("change", drop), confirmed | {"price_reason": "A slip"}).status_code == 302
    drop = Drop.objects.get()
    assert (drop.price, drop.title) == (17550, "Renamed")
    assert history(staff_client, drop)[0][2] == "A slip"


def test_the_api_asks_for_the_reason_too(manager, staff_client, as_member):
    drop = make_drop({"9": 2})
    refused = as_member(manager).patch(f"drops/{drop.pk}", {"price": "175.50"})
    assert (refused.status_code, set(refused.json()["errors"])) == (400, {"reason"})
    taken = as_member(manager).patch(f"drops/{drop.pk}", {"price": "175.50", "reason": "A slip"})
    assert (taken.status_code, taken.json()["price"]["amount"]) == (200, "175.50")
    assert history(staff_client, drop)[0] == (manager.username, "price: $180 → $175.50", "A slip")


def test_the_price_of_a_drop_that_is_still_to_come_changes_without_questions(staff_client):
    drop = make_drop({"9": 2}, starts_in=3600)
    typed = fields(staff_client.get(page("change", drop)), "drop_form") | {"price": "175.50"}
    assert staff_client.post(page("change", drop), typed).status_code == 302
    assert Drop.objects.get().price == 17550


def test_drops_that_are_older_than_their_history_begin_with_how_they_stood(staff_client):
    from importlib import import_module

    from django.apps import apps

    drop = make_drop({"9": 2})
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM drops_dropevent")
    with connection.schema_editor() as editor:
        import_module("drops.migrations.0006_begin_histories_of_drops").begin(apps, editor)
    assert [words for _, words, _ in history(staff_client, drop)] == ["made"]


# -- Who holds and who bought ----------------------------------------------------------------------


def test_drop_managers_see_who_holds_and_who_bought_and_not_where_they_live(manager, staff_client, alice, bob):
    from tests.make import ADDRESS, make_purchase, make_reservation

    drop, other = make_drop({"9": 2}), make_drop({"9": 2})
    sale, hold = make_purchase(alice, drop), make_reservation(bob, drop)
    make_purchase(alice, other)
    buttons = {deed["label"]: deed["address"] for deed in staff_client.get(page("change", drop)).context["object_actions"]}
    bought, held = staff_client.get(buttons["Purchases"]), staff_client.get(buttons["Holds"])
    assert list(bought.context["cl"].result_list) == [sale]
    assert set(held.context["cl"].result_list) == {hold, sale.reservation}
    assert ("alice" in bought.content.decode(), "bob" in held.content.decode()) == (True, True)
    one = staff_client.get(reverse("admin:reservations_purchase_change", args=[sale.pk])).content.decode()
    assert [line for line in (*ADDRESS.values(), alice.email) if len(line) > 3 and line in one] == []
    assert ("alice" in one, f"/admin/community/member/{alice.pk}/" in one) == (True, False)
    assert staff_client.get("/admin/reservations/payment/").status_code == 403
    for kind in ("purchase", "reservation"):
        found = staff_client.get(f"/admin/reservations/{kind}/", {"q": "alice@example.com"}).context["cl"].result_count
        assert found == 0
