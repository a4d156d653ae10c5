"""The withdrawal function in two steps, for members and for strangers who know number and e-mail address of the order."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client

from dropshop.core.clock import database_time
from dropshop.core.outbox.models import Email
from reservations.models import Purchase, Withdrawal
from reservations.withdrawals import statements
from tests.make import make_drop, make_purchase

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_buckets")]
NONE = "There is no order with this number and e-mail address."


def said(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def first_step(client, order, **given):
    return client.post("/withdraw/", {"number": order.number, "name": "Alice Å", "email": order.member.email, **given})


def second_step(client, first):
    signed = re.search(r'name="statement" value="([^"]+)"', first.content.decode())[1]
    return client.post("/withdraw/confirmation/", {"statement": signed})


def test_a_stranger_withdraws_in_two_steps_without_a_session(client, order):
    first = first_step(client, order)
    assert first.status_code == 200
    assert Withdrawal.objects.count() == 0
    words = said(first)
    shown = (order.number, "Ember Runner, size 9", str(order.money), "Alice Å", "alice@example.com", "Confirm withdrawal")
    assert [text in words for text in shown] == [True] * len(shown)
    assert [line in words for line in ("Lace Lane", "Portland", "97201")] == [False] * 3
    done = second_step(client, first)
    made = Withdrawal.objects.get()
    assert (done.status_code, made.name, made.email, made.signed_in) == (200, "Alice Å", "alice@example.com", False)
    assert "We received your withdrawal." in said(done)
    assert f"{made.created_at:%H:%M}" in said(done)
    assert "The pair stays with us." in said(done)
    assert set(client.cookies) <= {"csrftoken"}
    assert Email.objects.get(kind="withdrawal_received").to == "alice@example.com"


def test_it_works_behind_the_csrf_check_and_not_without_it(order):
    client = Client(enforce_csrf_checks=True)
    assert first_step(client, order).status_code == 403
    client.get("/withdraw/")
    given = {"number": order.number, "name": "A", "email": order.member.email}
    token = client.cookies["csrftoken"].value
    assert client.post("/withdraw/", {**given, "csrfmiddlewaretoken": token}).status_code == 200


@pytest.mark.parametrize(
    "spelled",
    [
        lambda number: number.lower(),
        lambda number: number.replace("-", ""),
        lambda number: f" {number[3:]} ",
        lambda number: number.replace("-", " "),
        lambda number: number.replace("0", "O").replace("1", "l"),
    ],
    ids=["lower case", "no dashes", "no prefix", "blanks", "O and l"],
)
def test_the_number_may_be_written_as_people_write_it(client, order, spelled):
    Purchase.objects.filter(pk=order.pk).update(number="DS-7K01-9QX0")
    order.refresh_from_db()
    assert first_step(client, order, number=spelled(order.number)).status_code == 200


def test_the_mailbox_may_be_spelled_otherwise(client, order, alice):
    type(alice).objects.filter(pk=alice.pk).update(email="al.ice+drops@gmail.com")
    assert first_step(client, order, email="Alice@GoogleMail.com").status_code == 200


def test_whoever_lacks_one_of_the_two_is_told_the_same_whatever_is_wrong(client, order, bob):
    other = make_purchase(bob, make_drop(1))
    tries = [
        {"email": "mallory@example.com"},
        {"email": bob.email},
        {"number": "DS-0000-0000"},
        {"number": other.number},
        {"number": "nothing like a number"},
        {"number": "%"},
    ]
    answers = [first_step(client, order, **given) for given in tries]
    assert [(answer.status_code, NONE in said(answer)) for answer in answers] == [(400, True)] * len(tries)
    bare = {re.sub(r'(value|data-server-time)="[^"]*"', "", answer.content.decode()) for answer in answers}
    assert len(bare) == 1
    assert Withdrawal.objects.count() == 0


def test_an_account_that_was_erased_has_no_address_that_fits(client, order, alice):
    type(alice).objects.filter(pk=alice.pk).update(email="")
    for email in ("", "x@example.com"):
        assert first_step(client, order, email=email).status_code == 400


def test_guesses_are_counted_by_order_and_by_address(client, order, settings):
    settings.LIMITS = {**settings.LIMITS, "withdraw-by-number": {"account": "2/1h", "address": "4/1h"}}
    spelled = ("ds7k3f9qxm", "DS-7K3F-9QXM") * 2
    codes = [first_step(client, order, number=number, email="x@y.zz").status_code for number in spelled]
    assert codes == [400, 400, 429, 429]
    other = [first_step(client, order, number=f"DS-0000-000{n}").status_code for n in range(3)]
    assert other == [400, 400, 429]


def test_members_withdraw_from_their_own_order_whatever_strangers_have_tried(client, order, alice, sign_in, settings):
    settings.LIMITS = {**settings.LIMITS, "withdraw-by-number": {"account": "1/1h", "address": "100/1h"}}
    first_step(client, order, email="x@y.zz")
    mine = sign_in(alice)
    page = mine.get(order.get_absolute_url()).content.decode()
    assert f'href="/withdraw/?order={order.pk}">Withdraw from contract</a>' in page
    form = mine.get(f"/withdraw/?order={order.pk}").context["form"]
    assert form.initial == {"number": order.number, "name": "Alice Ångström", "email": alice.email}
    done = second_step(mine, first_step(mine, order, email="elsewhere@example.com"))
    made = Withdrawal.objects.get()
    assert (done.status_code, made.signed_in, made.email) == (200, True, "elsewhere@example.com")


def test_somebody_elses_order_is_not_filled_in(bob, order, sign_in):
    assert sign_in(bob).get(f"/withdraw/?order={order.pk}").context["form"].initial == {"email": bob.email}
    assert sign_in(bob).get("/withdraw/?order=nothing").status_code == 200


def test_a_second_time_says_the_same_again_and_names_nobody(client, order, sign_in, alice):
    second_step(sign_in(alice), first_step(sign_in(alice), order, name="Alice Private"))
    again = first_step(client, order)
    assert again.status_code == 200
    assert "We received your withdrawal." in said(again)
    assert "Private" not in said(again)
    assert (Withdrawal.objects.count(), Email.objects.filter(kind="withdrawal_received").count()) == (1, 1)


def test_reloading_the_last_page_changes_nothing(client, order):
    first = first_step(client, order)
    assert [second_step(client, first).status_code for _ in range(2)] == [200, 200]
    assert Withdrawal.objects.count() == 1


def test_what_was_not_signed_here_or_is_too_old_is_not_done(client, order, monkeypatch):
    stated = [str(order.pk), "Mallory", "m@example.com"]
    wrong = ["", "x", signing.dumps(stated, salt="another"), signing.dumps(stated)]
    monkeypatch.setattr(statements, "LIFETIME_SECONDS", -1)
    wrong.append(statements.sign(statements.Statement(order.pk, "Alice", "alice@example.com")))
    answers = [client.post("/withdraw/confirmation/", {"statement": text}) for text in wrong]
    assert [(answer.status_code, "Please start again." in said(answer)) for answer in answers] == [(400, True)] * len(wrong)
    assert Withdrawal.objects.count() == 0


def test_too_late_says_since_when(client, order, delivered):
    delivered(order, "2026-01-05 12:00")
    answer = first_step(client, order)
    assert (answer.status_code, Withdrawal.objects.count()) == (400, 0)
    assert "The time to withdraw from this order ended on 19 January 2026." in said(answer)


def test_what_ends_between_the_steps_is_refused_at_the_second(client, order, delivered):
    first = first_step(client, order)
    delivered(order, "2026-01-05 12:00")
    assert "ended on 19 January 2026" in said(second_step(client, first))
    assert Withdrawal.objects.count() == 0


def test_the_orders_page_says_what_was_withdrawn_and_what_is_next(order, alice, sign_in, ship, settings):
    settings.RETURN_ADDRESS = ["dropshop returns", "1 Yard"]
    ship(order)
    client = sign_in(alice)
    second_step(client, first_step(client, order))
    words = said(client.get(order.get_absolute_url()))
    assert "You have withdrawn We received it on" in words
    assert "We pay for sending it. Send it to: dropshop returns 1 Yard" in words
    assert "Withdraw from contract" not in words.partition("All orders")[0]


@pytest.mark.parametrize("days", [0, 15, 40], ids=["just now", "at the last day or after it", "long ago"])
def test_the_button_is_there_all_the_time_and_not_longer(order, alice, sign_in, delivered, days):
    moment = database_time() - timedelta(days=days)
    delivered(order, f"{moment:%Y-%m-%d %H:%M}")
    page = sign_in(alice).get(order.get_absolute_url()).content.decode()
    from reservations.withdrawals.period import withdrawal_until

    assert (f'href="/withdraw/?order={order.pk}"' in page) is (database_time() <= withdrawal_until(order))


def test_every_page_leads_there_while_the_shop_has_it(client, order, alice, sign_in, settings):
    link = '<a href="/withdraw/">Withdraw from contract</a>'
    assert [link in client.get(path).content.decode() for path in ("/", "/accounts/login/", "/restocks/")] == [True] * 3
    settings.WITHDRAWAL_DAYS = 0
    assert link not in client.get("/").content.decode()
    assert "Withdraw from contract" not in sign_in(alice).get(order.get_absolute_url()).content.decode()
    assert [client.get("/withdraw/").status_code, first_step(client, order).status_code] == [404, 404]
    assert client.post("/withdraw/confirmation/").status_code == 404


def test_nothing_is_kept_of_these_pages(client, order):
    first = first_step(client, order)
    for answer in (client.get("/withdraw/"), first, second_step(client, first)):
        assert "no-store" in answer["Cache-Control"]
