"""Who may do what: the table, and that it holds at every door."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

from community.accounts.roles import ROLES
from drops.models import Drop
from dropshop.core.money import Money
from reservations.refunds import refund
from tests.make import make_drop, make_purchase, make_sneaker

# page: who may open it, besides superusers
PAGES = {
    "/admin/": {"editor", "manager", "support", "accountant", "clerk", "refunder", "newcomer"},
    "/admin/drops/sneaker/": {"editor", "manager", "support"},
    "/admin/drops/sneaker/add/": {"editor"},
    "/admin/drops/sneaker/{sneaker}/change/": {"editor", "manager", "support"},
    "/admin/drops/sneaker/{sneaker}/delete/": set(),
    "/admin/drops/sneaker/{sneaker}/history/": {"editor", "manager", "support"},
    "/admin/drops/drop/": {"editor", "manager", "support", "clerk", "refunder"},
    "/admin/drops/drop/add/": {"manager"},
    "/admin/drops/drop/{draft}/change/": {"editor", "manager", "support", "clerk", "refunder"},
    "/admin/drops/drop/{draft}/delete/": {"manager"},
    "/admin/drops/drop/{drop}/delete/": set(),
    "/admin/drops/drop/{draft}/stock/": {"editor", "manager", "support", "clerk", "refunder"},
    "/admin/drops/drop/{draft}/stock/{size}/": {"manager"},
    "/admin/drops/drop/{draft}/publish/": {"manager"},
    "/admin/drops/drop/{drop}/end/": {"manager"},
    "/admin/drops/drop/{drop}/duplicate/": {"manager"},
    "/admin/drops/stockadjustment/": {"manager"},
    "/admin/reservations/reservation/": {"manager", "support"},
    "/admin/reservations/reservation/{hold}/change/": {"manager", "support"},
    "/admin/reservations/purchase/": {"manager", "support", "accountant", "clerk", "refunder"},
    "/admin/reservations/purchase/{purchase}/change/": {"manager", "support", "accountant", "clerk", "refunder"},
    "/admin/reservations/purchase/{purchase}/pack/": {"clerk"},
    "/admin/reservations/purchase/{purchase}/ship/": {"clerk"},
    "/admin/reservations/payment/": {"support", "accountant", "refunder"},
    "/admin/reservations/payment/{payment}/change/": {"support", "accountant", "refunder"},
    "/admin/reservations/providerevent/": {"support", "accountant"},
    "/admin/reservations/purchase/{purchase}/refund/": {"refunder"},
    "/admin/reservations/purchase/{purchase}/cancel/": {"refunder"},
    "/admin/reservations/purchase/{purchase}/put_back/": {"refunder"},
    "/admin/reservations/refund/": {"support", "accountant", "refunder"},
    "/admin/reservations/refund/{refund}/change/": {"support", "accountant", "refunder"},
    "/admin/reservations/refund/{refund}/approve/": {"refunder"},
    "/admin/reservations/refund/{refund}/call_off/": {"refunder"},
    "/admin/reservations/refund/add/": set(),
    "/admin/reservations/refund/{refund}/delete/": set(),
    "/admin/reservations/chargeback/": {"support", "accountant", "refunder"},
    "/admin/reservations/ledgertransfer/": {"accountant"},
    "/admin/reservations/ledgertransfer/{transfer}/change/": {"accountant"},
    "/admin/reservations/ledgertransfer/add/": set(),
    "/admin/reservations/ledgertransfer/{transfer}/delete/": set(),
    "/admin/reservations/purchase/add/": set(),
    "/admin/reservations/purchase/{purchase}/delete/": set(),
    "/admin/community/member/": {"support"},
    "/admin/community/member/{member}/change/": {"support"},
    "/admin/community/member/{member}/deactivate/": {"support"},
    "/admin/community/member/{member}/reactivate/": {"support"},
    "/admin/community/member/{member}/delete/": set(),
    "/admin/community/member/add/": set(),
    "/admin/community/karmarule/": set(),
    "/admin/community/karmarule/restock-confirmed/change/": set(),
    "/admin/community/karmarule/restock-confirmed/history/": set(),
    "/admin/community/karmalevel/": set(),
    "/admin/community/karmaaccount/": set(),
    "/admin/community/karmatransfer/": set(),
    "/admin/community/karmaentry/": set(),
    "/admin/community/member/{member}/give_karma/": set(),
    "/admin/auth/group/": set(),
    "/admin/account/emailaddress/": set(),
    "/admin/usersessions/usersession/": set(),
    "/admin/admin/logentry/": set(),
}
STAFF = ("editor", "manager", "support", "accountant", "clerk", "refunder", "newcomer")


@pytest.fixture
def things(alice):
    drop, draft = make_drop({"9": 2}), make_drop({"9": 2}, published=False)
    purchase = make_purchase(alice, drop, "9")
    payment = purchase.reservation.payments.get()
    return {
        "sneaker": make_sneaker().pk,
        "drop": drop.pk,
        "draft": draft.pk,
        "size": draft.sizes.get().pk,
        "purchase": purchase.pk,
        "hold": purchase.reservation_id,
        "payment": payment.pk,
        "transfer": payment.transfers.get(kind="captured").pk,
        "refund": refund.ask(purchase.pk, Money(100, "USD"), by=alice, reason="A scratch.").pk,
        "member": alice.pk,
    }


@pytest.mark.parametrize("role", STAFF)
def test_35_each_role_opens_its_pages_and_no_other(role, things, request, sign_in):
    client = sign_in(request.getfixturevalue(role))
    opened = {page: client.get(page.format(**things)).status_code for page in PAGES}
    assert opened == {page: 200 if role in who else 403 for page, who in PAGES.items()}


def test_35_a_signed_in_shopper_gets_the_same_refusal_everywhere(things, alice, sign_in):
    client = sign_in(alice)
    answers = {client.get(page.format(**things)).status_code for page in [*PAGES, "/admin/nothing/here/", "/admin/login/"]}
    landed = {client.get(page.format(**things), follow=True).status_code for page in [*PAGES, "/admin/nothing/here/"]}
    assert (answers - {302}, landed) == ({403}, {403})


def test_35_a_visitor_is_asked_to_sign_in_whether_or_not_the_page_exists(things, client):
    for page in [*PAGES, "/admin/nothing/here/"]:
        address = page.format(**things)
        answer = client.get(address, follow=True)
        assert answer.status_code == 200
        assert answer.request["PATH_INFO"] == "/accounts/login/"


@pytest.mark.parametrize("role", ["editor", "newcomer"])
def test_35_a_refusal_is_the_same_for_what_exists_and_what_does_not(role, things, request, sign_in):
    client = sign_in(request.getfixturevalue(role))
    for page in ("purchase/{}/change/", "purchase/{}/delete/", "purchase/{}/history/", "reservation/{}/change/"):
        key = "purchase" if "purchase" in page else "hold"
        there, not_there = (client.get(f"/admin/reservations/{page.format(pk)}") for pk in (things[key], uuid.uuid4()))
        assert (there.status_code, there.content) == (403, not_there.content)
    there, not_there = (client.get(f"/admin/community/member/{pk}/deactivate/") for pk in (things["member"], uuid.uuid4()))
    assert (there.status_code, there.content) == (403, not_there.content)


def test_35_staff_learn_no_address_from_a_number(things, newcomer, sign_in):
    kind = ContentType.objects.get_for_model(Drop).pk
    assert sign_in(newcomer).get(f"/admin/r/{kind}/{things['draft']}/").status_code in {403, 404}


def test_a_member_who_was_deactivated_is_no_staff(manager, sign_in):
    client = sign_in(manager)
    manager.is_active = False
    manager.save(update_fields=["is_active"])
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/accounts/login/"


# -- The roles themselves --------------------------------------------------------------------------


def names(group):
    return {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")}


def test_the_roles_exist_with_exactly_their_permissions_after_migrate(db):
    assert {group.name: names(group) for group in Group.objects.all()} == {role: set(given) for role, given in ROLES.items()}


def test_migrating_again_mends_the_roles_and_leaves_other_groups_alone(db):
    Group.objects.get(name="support").permissions.clear()
    own = Group.objects.create(name="interns")
    call_command("migrate", verbosity=0)
    assert names(Group.objects.get(name="support")) == set(ROLES["support"])
    assert (Group.objects.count(), names(own)) == (len(ROLES) + 1, set())


def test_no_role_can_write_holds_sales_payments_or_members(db):
    writing = {
        name for given in ROLES.values() for name in given if name.split(".")[1].startswith(("add_", "change_", "delete_"))
    }
    others = {name.split("_", 1)[1] for name in writing if not name.startswith("drops.")}
    assert others == {"karmalevel", "karmarule", "pickupplace", "pricepoint", "shippingrate", "source", "store", "taxrate"}
