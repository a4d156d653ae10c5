"""Stock adjusted by hand while a drop runs (S5)."""

import pytest
from django.urls import reverse

from drops.models import Drop, Size, StockAdjustment
from tests.harness.admin_forms import errors, fields
from tests.make import make_drop, make_purchase, make_reservation


def address(drop, label=None):
    if label is None:
        return reverse("admin:drops_drop_stock", args=[drop.pk])
    return reverse("admin:drops_drop_stock_size", args=[drop.pk, drop.sizes.get(label=label).pk])


def counters(drop):
    return {size.label: (size.total, size.available, size.reserved, size.sold) for size in drop.sizes.all()}


def test_21_a_total_below_what_is_held_and_sold_is_refused_with_the_numbers(staff_client):
    drop = make_drop({"9": 100})
    Size.objects.filter(drop=drop).update(available=10, reserved=30, sold=60)
    form = fields(staff_client.get(address(drop, "9")), "reasoned")
    answer = staff_client.post(address(drop, "9"), form | {"total": "80", "reason": "damaged"})
    assert errors(answer) == ["30 held and 60 sold; the total cannot go below 90."]
    assert (counters(drop), StockAdjustment.objects.count()) == ({"9": (100, 10, 30, 60)}, 0)


def test_a_total_is_changed_with_a_reason_and_the_history_shows_it(staff_client, manager, alice):
    drop = make_drop({"9": 5})
    make_reservation(alice, drop, "9")
    form = fields(staff_client.get(address(drop, "9")), "reasoned")
    answer = staff_client.post(address(drop, "9"), form | {"total": "8", "reason": "three more found"}, follow=True)
    assert counters(drop) == {"9": (8, 7, 1, 0)}
    line = StockAdjustment.objects.get()
    assert (line.by, line.total_before, line.total_after, line.reason) == (manager, 5, 8, "three more found")
    assert "three more found" in answer.content.decode()
    assert "7 left · 1 held · 0 sold" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"reason": " "}, "This field is required."),
        ({"total": ""}, "This field is required."),
        ({"total": "-1"}, "Ensure this value is greater than or equal to 0."),
        ({"total": "9999999999999999999999"}, "Ensure this value is less than or equal to 1000000."),
        ({"reason": "x" * 301}, "Ensure this value has at most 300 characters (it has 301)."),
        ({"was": "4"}, "Somebody changed the total from 4 to 5 meanwhile. Look again."),
    ],
)
def test_what_cannot_be_is_refused_in_words(staff_client, typed, complaint):
    drop = make_drop({"9": 5})
    form = fields(staff_client.get(address(drop, "9")), "reasoned") | {"total": "6", "reason": "found"}
    assert errors(staff_client.post(address(drop, "9"), form | typed)) == [complaint]
    assert counters(drop) == {"9": (5, 5, 0, 0)}


def test_a_size_is_added_to_a_running_drop_with_a_reason(staff_client):
    drop = make_drop({"9": 5, "10": 5})
    form = fields(staff_client.get(address(drop)), "reasoned")
    assert (
        staff_client.post(address(drop), form | {"label": " 9.5 ", "total": "2", "reason": "late delivery"}).status_code == 302
    )
    assert [(size.label, size.total) for size in drop.sizes.all()] == [("9", 5), ("9.5", 2), ("10", 5)]
    assert StockAdjustment.objects.get().reason == "late delivery"
    again = staff_client.post(address(drop), form | {"label": "9.5", "total": "2", "reason": "twice"})
    assert errors(again) == ["The drop has this size already."]


def test_a_size_of_another_drop_is_not_found(staff_client):
    drop, other = make_drop({"9": 5}), make_drop({"9": 5})
    foreign = reverse("admin:drops_drop_stock_size", args=[drop.pk, other.sizes.get().pk])
    assert staff_client.get(foreign).status_code == 404
    assert staff_client.post(foreign, {"total": 1, "was": 5, "reason": "x"}).status_code == 404


def test_the_history_cannot_be_written_by_anybody(staff, sign_in):
    drop = make_drop({"9": 5})
    line = StockAdjustment.objects.create(size=drop.sizes.get(), by=staff, total_before=1, total_after=5, reason="counted")
    client, page = sign_in(staff), f"/admin/drops/stockadjustment/{line.pk}"
    assert client.get(f"{page}/change/").status_code == 200
    assert [client.post(f"{page}/{act}/", {"reason": "forged", "post": "yes"}).status_code for act in ("change", "delete")] == [
        403,
        403,
    ]
    assert client.get("/admin/drops/stockadjustment/add/").status_code == 403
    delete = {"action": "delete_selected", "_selected_action": [line.pk], "post": "yes"}
    client.post("/admin/drops/stockadjustment/", delete)
    assert list(StockAdjustment.objects.values_list("reason", flat=True)) == ["counted"]


def test_who_may_not_adjust_sees_the_stock_and_no_way_to_change_it(editor, sign_in):
    drop, client = make_drop({"9": 5}), sign_in(editor)
    page = client.get(address(drop))
    assert "Adjust" not in page.content.decode()
    assert client.get(address(drop, "9")).status_code == 403
    assert client.post(address(drop), {"label": "1", "total": "1", "reason": "x"}).status_code == 403
    assert client.post(address(drop, "9"), {"total": "1", "was": "5", "reason": "x"}).status_code == 403
    assert counters(drop) == {"9": (5, 5, 0, 0)}


def test_what_was_sold_stays_sold_whatever_staff_do(staff_client, alice):
    drop = make_drop({"9": 1})
    make_purchase(alice, drop, "9")
    form = fields(staff_client.get(address(drop, "9")), "reasoned")
    answer = staff_client.post(address(drop, "9"), form | {"total": "0", "reason": "stop"})
    assert errors(answer) == ["0 held and 1 sold; the total cannot go below 1."]
    assert Drop.objects.in_phase("sold_out").get() == drop
