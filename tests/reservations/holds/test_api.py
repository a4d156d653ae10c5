from datetime import timedelta

import pytest

from drops.models import Drop
from dropshop.core.clock import database_time
from reservations.models import Purchase, Reservation
from tests.make import ADDRESS, lapse, make_drop, make_member, make_purchase, make_reservation

pytestmark = pytest.mark.django_db
HOLD = {"id", "drop", "size", "status", "price", "created_at", "expires_at", "extensions_left"}
SALE = {"id", "number", "reservation", "drop", "size", "amount_paid", "price", "shipping", "tax", "status", "created_at"}
PAY = {"address": ADDRESS, "payment_method": "test_ok"}


def test_reserving_grants_a_hold_and_reserving_again_returns_it_unchanged(as_member, alice):
    drop, caller = make_drop({"9": 1, "10": 1}), as_member(alice)
    first = caller.post(f"drops/{drop.pk}/reserve", {"size": "9"})
    assert (first.status_code, set(first.json()), set(first.json()["reservation"])) == (
        201,
        {"reservation", "server_time"},
        HOLD,
    )
    again = caller.post(f"drops/{drop.pk}/reserve", {"size": "10"})
    assert (again.status_code, again.json()["reservation"]) == (200, first.json()["reservation"])


def test_the_size_may_be_left_out_where_there_is_one(as_member, alice):
    caller = as_member(alice)
    assert caller.post(f"drops/{make_drop(1).pk}/reserve").status_code == 201
    answer = caller.post(f"drops/{make_drop({'9': 1, '10': 1}).pk}/reserve", {})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"size"})


def test_extra_fields_of_a_reserve_are_refused_by_name_and_have_no_effect_36(as_member, alice):
    drop = make_drop(1)
    extra = {"price": "0.01", "expires_at": "2099-01-01T00:00:00Z", "member": "x", "status": "completed"}
    answer = as_member(alice).post(f"drops/{drop.pk}/reserve", {"size": "One size"} | extra)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, set(extra))
    assert Reservation.objects.count() == 0


def test_every_refusal_has_its_name_and_its_facts(as_member, alice, bob, charlie):
    held, sold = make_drop(1), make_drop(1)
    make_reservation(bob, held)
    make_purchase(bob, sold)
    upcoming = make_drop(1, starts_in=600)
    over = make_drop(1)
    Drop.objects.filter(pk=over.pk).update(
        ends_at=over.starts_at.replace(year=over.starts_at.year) + (over.ends_at - over.starts_at) / 1000
    )
    limited = make_drop(2)
    make_purchase(alice, limited)
    caller = as_member(alice)

    def refusal(drop):
        answer = caller.post(f"drops/{drop.pk}/reserve")
        assert answer["Content-Type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"], set(answer.json()) - {"type", "title", "status", "detail", "code"}

    assert refusal(held) == (409, "all_held", {"size", "retry_at"})
    assert refusal(sold) == (409, "sold_out", {"size"})
    assert refusal(upcoming) == (409, "not_open", {"starts_at"})
    assert refusal(over) == (409, "closed", {"ends_at"})
    assert refusal(limited) == (409, "limit_reached", {"limit"})
    assert refusal(make_drop(published=False))[:2] == (404, "not_found")
    unknown = caller.post(f"drops/{held.pk}/reserve", {"size": "77"})
    assert (unknown.status_code, set(unknown.json()["errors"])) == (400, {"size"})


def test_a_size_is_found_however_it_is_spelled(as_member, alice):
    drop = make_drop({"9": 1, "9.5": 1})
    held = as_member(alice).post(f"drops/{drop.pk}/reserve", {"size": "US 9,50"})
    assert (held.status_code, held.json()["reservation"]["size"]) == (201, "9.5")


def test_the_same_key_answers_the_same_and_holds_one_pair(as_member, alice):
    drop, caller = make_drop(2, limit_per_member=2), as_member(alice)
    first = caller.post(f"drops/{drop.pk}/reserve", {"size": "One size"}, Idempotency_Key="k")
    again = caller.post(f"drops/{drop.pk}/reserve", {"size": "One size"}, Idempotency_Key="k")
    assert (again.status_code, again.json(), again["Idempotent-Replayed"]) == (201, first.json(), "true")
    other = caller.post(f"drops/{drop.pk}/reserve", {}, Idempotency_Key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert caller.post(f"drops/{drop.pk}/reserve", {}, Idempotency_Key="x" * 201).status_code == 400


def test_a_refused_reserve_leaves_no_key_behind(as_member, alice, bob):
    drop, caller = make_drop(1), as_member(alice)
    hold = make_reservation(bob, drop)
    assert caller.post(f"drops/{drop.pk}/reserve", Idempotency_Key="k").status_code == 409
    lapse(hold)
    assert caller.post(f"drops/{drop.pk}/reserve", Idempotency_Key="k").status_code == 201


def test_members_do_not_share_their_keys(as_member, alice, bob):
    drop = make_drop(2)
    answers = [as_member(who).post(f"drops/{drop.pk}/reserve", Idempotency_Key="k") for who in (alice, bob)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Reservation.objects.count() == 2


def test_more_time_is_granted_once(as_member, alice):
    caller, hold = as_member(alice), make_reservation(alice, make_drop(1))
    first = caller.post(f"reservations/{hold.pk}/extend", Idempotency_Key="k")
    assert (first.status_code, first.json()["reservation"]["extensions_left"]) == (200, 0)
    assert caller.post(f"reservations/{hold.pk}/extend", Idempotency_Key="k").json() == first.json()
    again = caller.post(f"reservations/{hold.pk}/extend")
    assert (again.status_code, again.json()["code"]) == (409, "extension_used")


def test_giving_back_is_done_once_and_said_twice(as_member, alice):
    caller, drop = as_member(alice), make_drop(1)
    hold = make_reservation(alice, drop)
    assert [caller.delete(f"reservations/{hold.pk}").status_code for _ in range(2)] == [204, 204]
    assert drop.sizes.get().available == 1
    sale = make_purchase(alice, make_drop(1))
    refused = caller.delete(f"reservations/{sale.reservation_id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_purchased")
    assert caller.post(f"reservations/{hold.pk}/extend").json()["code"] == "already_cancelled"


def test_a_purchase_is_made_once_and_answered_twice(as_member, alice):
    caller, hold = as_member(alice), make_reservation(alice, make_drop(1))
    first = caller.post(f"reservations/{hold.pk}/purchase", PAY)
    again = caller.post(f"reservations/{hold.pk}/purchase", PAY)
    assert (first.status_code, again.status_code, set(first.json())) == (201, 200, {"purchase"})
    assert first.json() == again.json()
    assert set(first.json()["purchase"]) == SALE
    assert (first.json()["purchase"]["status"], first.json()["purchase"]["amount_paid"]["amount"]) == ("paid", "180.00")


def test_a_lost_answer_asked_again_with_its_key_is_the_original_purchase_17(as_member, alice):
    caller, hold = as_member(alice), make_reservation(alice, make_drop(1))
    first = caller.post(f"reservations/{hold.pk}/purchase", PAY, Idempotency_Key="pay")
    again = caller.post(f"reservations/{hold.pk}/purchase", PAY, Idempotency_Key="pay")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    other = caller.post(f"reservations/{hold.pk}/purchase", PAY | {"payment_method": "test_slow"}, Idempotency_Key="pay")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert Purchase.objects.count() == 1


def test_extra_fields_of_a_purchase_are_refused_by_name_and_have_no_effect_36(as_member, alice):
    hold = make_reservation(alice, make_drop(1))
    extra = {"price": "0.01", "amount_paid": {"amount": "0.01", "currency": "USD"}, "status": "refunded", "member": "x"}
    answer = as_member(alice).post(f"reservations/{hold.pk}/purchase", PAY | extra)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, set(extra))
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize(("token", "code"), [("test_declined", "payment_declined"), ("test_confirm", "confirmation_required")])
def test_a_payment_that_does_not_go_through_says_so(as_member, alice, token, code):
    hold = make_reservation(alice, make_drop(1))
    answer = as_member(alice).post(f"reservations/{hold.pk}/purchase", PAY | {"payment_method": token}, Idempotency_Key="k")
    assert (answer.status_code, answer.json()["code"]) == (402, code)
    assert Purchase.objects.count() == 0


def test_a_refused_payment_may_be_tried_in_other_words_under_its_key(as_member, alice):
    caller, hold = as_member(alice), make_reservation(alice, make_drop(1))
    path = f"reservations/{hold.pk}/purchase"
    assert caller.post(path, PAY | {"payment_method": "test_declined"}, Idempotency_Key="k").status_code == 402
    assert caller.post(path, PAY | {"address": {}}, Idempotency_Key="k").status_code == 400
    assert caller.post(path, PAY, Idempotency_Key="k").status_code == 201


def test_what_a_request_said_cannot_be_guessed_from_its_fingerprint(as_member, alice):
    import hashlib

    from reservations.models import IdempotencyKey

    as_member(alice).post(f"drops/{make_drop(1).slug}/reserve", {}, Idempotency_Key="k")
    path = f"/api/v1/drops/{Reservation.objects.get().drop.slug}/reserve"
    plain = hashlib.sha256()
    for part in (b"POST", path.encode(), b"{}"):
        plain.update(len(part).to_bytes(8) + part)
    assert IdempotencyKey.objects.get().fingerprint != plain.hexdigest()


def test_a_purchase_after_the_time_is_a_410(as_member, alice):
    caller, hold = as_member(alice), make_reservation(alice, make_drop(1))
    lapse(hold)
    answer = caller.post(f"reservations/{hold.pk}/purchase", PAY)
    assert (answer.status_code, answer.json()["code"]) == (410, "hold_expired")


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"address": None}, {"address"}),
        ({"address": []}, {"address"}),
        ({"address": "home"}, {"address"}),
        ({"address": ADDRESS | {"city": 5}}, {"address.city"}),
        ({"address": ADDRESS | {"street": "x" * 300, "zip_code": ""}}, {"address.street", "address.zip_code"}),
        ({"payment_method": None}, {"payment_method"}),
        ({"payment_method": {}}, {"payment_method"}),
        ({"payment_method": "x" * 300}, {"payment_method"}),
    ],
)
def test_nonsense_in_a_purchase_is_named_by_field(as_member, alice, changed, fields):
    hold = make_reservation(alice, make_drop(1))
    answer = as_member(alice).post(f"reservations/{hold.pk}/purchase", PAY | changed)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, fields)


def test_what_is_somebody_elses_is_not_there_35(as_member, call, alice, charlie):
    sale = make_purchase(alice, make_drop(1))
    hold = make_reservation(alice, make_drop(1))
    stranger, nothing = as_member(charlie), "00000000-0000-4000-8000-000000000000"
    for method, path, thing in (
        ("GET", "reservations/{}", hold.pk),
        ("DELETE", "reservations/{}", hold.pk),
        ("POST", "reservations/{}/extend", hold.pk),
        ("POST", "reservations/{}/purchase", hold.pk),
        ("GET", "purchases/{}", sale.pk),
    ):
        body = PAY if path.endswith("purchase") else None
        theirs, unknown = stranger(method, path.format(thing), body), stranger(method, path.format(nothing), body)
        assert (theirs.status_code, theirs.content) == (404, unknown.content)
        assert call(method, path.format(thing), body).status_code == 401
    assert stranger.get("reservations").json()["results"] == stranger.get("purchases").json()["results"] == []
    hold.refresh_from_db()
    assert (hold.status, hold.extensions) == ("active", 0)


def test_my_reservations_and_purchases_are_listed_newest_first(as_member, alice):
    sale, hold = make_purchase(alice, make_drop(1)), make_reservation(alice, make_drop(1))
    make_reservation(make_member(), make_drop(1))
    caller = as_member(alice)
    listed = caller.get("reservations").json()
    assert set(listed) == {"results", "next", "previous"}
    assert [row["id"] for row in listed["results"]] == [str(hold.pk), str(sale.reservation_id)]
    assert caller.get(f"reservations/{hold.pk}").json() == listed["results"][0]
    assert caller.get(f"purchases/{sale.pk}").json() == caller.get("purchases").json()["results"][0]


@pytest.mark.parametrize("path", ["reservations", "purchases"])
def test_my_lists_take_as_many_statements_for_one_row_as_for_three(
    as_member, alice, path, django_assert_num_queries, django_assert_max_num_queries
):
    caller = as_member(alice)
    make_purchase(alice, make_drop(1))
    with django_assert_max_num_queries(4) as counted:
        assert len(caller.get(path).json()["results"]) == 1
    for _ in range(2):
        make_purchase(alice, make_drop(1))
    with django_assert_num_queries(len(counted)):
        assert len(caller.get(path).json()["results"]) == 3


def test_a_hold_that_has_lapsed_never_reads_active_whether_or_not_the_sweeper_has_come(as_member, alice):
    standing, lapsed, pinned = (make_reservation(alice, make_drop(1)) for _ in range(3))
    lapse(lapsed, pinned)
    Reservation.objects.filter(pk=pinned.pk).update(pinned_until=database_time() + timedelta(seconds=30))
    caller = as_member(alice)
    wanted = {str(standing.pk): "active", str(lapsed.pk): "expired", str(pinned.pk): "active"}
    assert {hold["id"]: hold["status"] for hold in caller.get("reservations").json()["results"]} == wanted
    assert {pk: caller.get(f"reservations/{pk}").json()["status"] for pk in wanted} == wanted
    assert {hold["id"]: hold["status"] for hold in caller.get("users/me/export").json()["reservations"]} == wanted
    assert Reservation.objects.filter(status="active").count() == 3  # nobody has swept


def test_a_lapsed_hold_lets_nobody_in_who_lacks_something(as_member, alice, settings):
    settings.REQUIRE_VERIFIED_EMAIL = True
    drop = make_drop(2)
    hold = make_reservation(alice, drop)
    assert as_member(alice).post(f"drops/{drop.pk}/reserve").status_code == 200
    lapse(hold)
    assert as_member(alice).post(f"drops/{drop.pk}/reserve").status_code == 403
