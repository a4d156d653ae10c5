"""What staff may do with a drop is one set of rules (S5): the same change is judged alike in the admin and by the API."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from drops.admin.forms import decided
from drops.models import Drop
from drops.schedule import publish
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import Invalid
from dropshop.core.local_time import LocalTime
from tests.harness.admin_forms import fields
from tests.make import make_drop, make_member

HOURS = {
    "draft": {"published": False, "starts_in": 3600},
    "upcoming": {"starts_in": 3600},
    "live": {"starts_in": -3600},
    "ended": {"starts_in": -7200, "open_for": -60},
}
SOON, EARLIER, LONG_AGO = timedelta(hours=5), timedelta(minutes=30), timedelta(days=-400)

# change: the states of a drop in which whoever may everything can make it
CHANGES = {
    "another title": ({"title": "Renamed"}, {"draft", "upcoming", "live"}),
    "another price": ({"price": "199.00"}, {"draft", "upcoming"}),
    "another currency": ({"price": "180.00", "currency": "EUR"}, {"draft", "upcoming"}),
    "a later start": ({"starts_at": SOON / 5 + timedelta(minutes=1)}, {"draft", "upcoming"}),
    "a later end": ({"ends_at": SOON}, {"draft", "upcoming", "live"}),
    "an earlier end": ({"ends_at": timedelta(minutes=62)}, {"draft", "upcoming", "live"}),
    "an end in the past": ({"ends_at": -timedelta(minutes=1)}, set()),
    "hours in the past": ({"starts_at": LONG_AGO, "ends_at": LONG_AGO / 2}, set()),
    "an end before the start": ({"ends_at": LONG_AGO * 2}, set()),
    "hours beyond all sense": ({"ends_at": timedelta(days=365 * 90)}, set()),
    "another limit": ({"limit_per_member": 2}, {"draft", "upcoming"}),
    "a longer hold": ({"hold_seconds": 90}, {"draft", "upcoming"}),
    "more extensions": ({"max_extensions": 3}, {"draft", "upcoming"}),
    "members only": ({"access": "members"}, {"draft", "upcoming"}),
    "another mode": ({"mode": "queue"}, {"draft", "upcoming"}),
    "more karma": ({"min_karma": 5}, {"draft", "upcoming"}),
    "another weight": ({"weight": 900}, {"draft", "upcoming", "live"}),
    "a weight of nothing": ({"weight": 0}, set()),
    "a hold of a second": ({"hold_seconds": 1}, set()),
    "no limit": ({"limit_per_member": 0}, set()),
    "a price of nothing": ({"price": "0"}, set()),
    "no title": ({"title": ""}, set()),
}


def a_drop(state):
    facts = dict(HOURS[state])
    drop = make_drop({"9": 2}, **{**facts, "open_for": abs(facts.get("open_for", 3600))})
    if state == "ended":
        Drop.objects.filter(pk=drop.pk).update(ends_at=database_time() - timedelta(seconds=60))
        drop.refresh_from_db()
    return drop


def by_the_form(drop, change, member, sign_in):
    """Whether the drop is another after the admin's form was sent with this change."""
    before, address = decided(drop), reverse("admin:drops_drop_change", args=[drop.pk])
    client = sign_in(member)
    typed = fields(client.get(address), "drop_form")
    for name, value in change.items():
        if isinstance(value, timedelta):
            shown = LocalTime.at(database_time() + value, drop.time_zone).local
            typed |= {f"{name}_date": f"{shown:%Y-%m-%d}", f"{name}_time": f"{shown:%H:%M:%S}"}
        else:
            typed[name] = str(value)
    assert client.post(address, typed).status_code in {200, 302}
    return decided(Drop.objects.get(pk=drop.pk)) != before


def by_the_api(drop, change, member, as_member):
    """Whether the drop is another after the API was sent this change."""
    before, now = decided(drop), database_time()
    body = {name: iso(now + value) if isinstance(value, timedelta) else value for name, value in change.items()}
    if "currency" in body:
        body["price"] = {"amount": body["price"], "currency": body.pop("currency")}
    as_member(member).patch(f"drops/{drop.pk}", body)
    return decided(Drop.objects.get(pk=drop.pk)) != before


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_taken_in_the_same_states_by_the_form_and_by_the_api(name, staff, sign_in, as_member):
    change, taken = CHANGES[name]
    assert {state for state in HOURS if by_the_form(a_drop(state), change, staff, sign_in)} == taken
    assert {state for state in HOURS if by_the_api(a_drop(state), change, staff, as_member)} == taken


def test_who_may_not_end_a_drop_cannot_close_it_earlier_by_another_way(database, sign_in, as_member):
    editor = make_member(is_staff=True)
    rights = ["view_drop", "view_size", "change_drop"]
    editor.user_permissions.set(Permission.objects.filter(codename__in=rights))
    sooner, later = {"ends_at": timedelta(minutes=5)}, {"ends_at": SOON}
    for state, may in (("live", False), ("upcoming", True), ("draft", True)):
        change = sooner if state == "live" else {"ends_at": timedelta(minutes=61)}
        assert by_the_form(a_drop(state), change, editor, sign_in) is may
        assert by_the_api(a_drop(state), change, editor, as_member) is may
    assert by_the_form(a_drop("live"), later, editor, sign_in)
    assert by_the_api(a_drop("live"), later, editor, as_member)
    answer = as_member(editor).patch(f"drops/{a_drop('live').pk}", {"ends_at": iso(database_time() + timedelta(minutes=5))})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_draft_whose_hours_are_over_is_published_by_neither_way(staff, sign_in, as_member):
    drop = make_drop(published=False, starts_in=-7200)
    Drop.objects.filter(pk=drop.pk).update(ends_at=database_time() - timedelta(seconds=1))
    page = sign_in(staff).post(reverse("admin:drops_drop_publish", args=[drop.pk]), follow=True)
    assert "The dates of this draft are in the past; set new ones first." in page.content.decode()
    answer = as_member(staff).patch(f"drops/{drop.pk}", {"published": True})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"ends_at"})
    assert not Drop.objects.get(pk=drop.pk).published


def test_a_new_drop_whose_hours_are_over_is_made_by_neither_way(staff, sign_in, as_member):
    sneaker = make_drop().sneaker
    client = sign_in(staff)
    typed = fields(client.get(reverse("admin:drops_drop_add")), "drop_form") | {
        "sneaker": str(sneaker.pk),
        "title": "Late",
        "slug": "late",
        "price": "180",
        "size_run": "9:1",
        "starts_at_date": "2024-05-01",
        "starts_at_time": "10:00",
        "ends_at_date": "2024-05-01",
        "ends_at_time": "11:00",
    }
    assert client.post(reverse("admin:drops_drop_add"), typed).status_code == 200
    body = {"starts_at": "2024-05-01T10:00:00Z", "ends_at": "2024-05-01T11:00:00Z", "title": "Late", "price": "180"}
    assert as_member(staff).post("drops", body | {"sneaker": str(sneaker.pk)}).status_code == 400
    assert not Drop.objects.filter(title="Late").exists()


def test_no_drop_has_more_sizes_than_a_run_may_have(staff, sign_in):
    draft = make_drop({str(size): 1 for size in range(1, 15)}, published=False, starts_in=3600)
    address = reverse("admin:drops_drop_change", args=[draft.pk])
    client = sign_in(staff)
    typed = fields(client.get(address), "drop_form")
    labels = ["27 cm", *(f"EU {half / 2:g}" for half in range(54, 100))]
    rows = {f"sizes-{14 + at}-label": label for at, label in enumerate(labels)}
    rows |= {f"sizes-{14 + at}-total": "1" for at in range(len(labels))}
    answer = client.post(address, typed | rows | {"sizes-TOTAL_FORMS": str(14 + len(labels))})
    assert (answer.status_code, draft.sizes.count()) == (200, 14)
    assert "A drop has at most 60 sizes." in answer.content.decode()


# What is no single size, wherever one is typed; “9,5” is one there, for a line holds one size.
NO_SIZE = ["7-12:20,8:3", "7-12", "7:20", "7;8", "9.5/10", "7 8", "10.Mai", "2026-05-09", "-9", "1e1", "９..５", "=9"]


@pytest.mark.parametrize("text", NO_SIZE, ids=[f"text {number}" for number in range(len(NO_SIZE))])
def test_what_is_no_size_is_refused_wherever_one_is_typed(text, staff, sign_in, as_member):
    draft = make_drop({"8": 1}, published=False, starts_in=3600)
    boss, desk = as_member(staff), sign_in(staff)
    body = {"sneaker": str(draft.sneaker_id), "title": "x", "price": "1.00", "sizes": [{"size": text, "total": 1}]}
    body |= {"starts_at": iso(database_time()), "ends_at": iso(database_time() + timedelta(hours=1))}
    made = boss.post("drops", body)
    assert (made.status_code, set(made.json()["errors"])) == (400, {"sizes.0.size"})
    assert boss.patch(f"drops/{draft.pk}/stock", {"size": text, "total": 1, "reason": "x"}).status_code == 400
    change, stock = (reverse(f"admin:drops_drop_{name}", args=[draft.pk]) for name in ("change", "stock"))
    line = {"sizes-TOTAL_FORMS": "2", "sizes-1-label": text, "sizes-1-total": "1"}
    assert desk.post(change, fields(desk.get(change), "drop_form") | line).status_code == 200
    assert desk.post(stock, {"label": text, "total": "1", "reason": "x"}).status_code == 200
    assert [size.label for size in draft.sizes.all()] == ["8"]


def test_one_size_typed_twice_in_two_spellings_is_one(staff, sign_in):
    draft, desk = make_drop({"8": 1}, published=False, starts_in=3600), sign_in(staff)
    change = reverse("admin:drops_drop_change", args=[draft.pk])
    lines = {"sizes-TOTAL_FORMS": "3"}
    lines |= {"sizes-1-label": "9,5", "sizes-1-total": "1", "sizes-2-label": "US 9.50", "sizes-2-total": "1"}
    assert desk.post(change, fields(desk.get(change), "drop_form") | lines).status_code == 200
    assert [size.label for size in draft.sizes.all()] == ["8"]


# -- What the payment provider cannot take ---------------------------------------------------------

UNPAYABLE = {
    "too little": ("0.49", "USD", "No less than $0.50 can be paid at once."),
    "too much": ("1000000.00", "USD", "No more than $999999.99 can be paid at once."),
    "a third decimal": ("5.124", "KWD", "What is paid in KWD must be a multiple of 0.010 KWD."),
    "a currency": ("5.000", "IQD", "Nothing can be paid in IQD."),
}


@pytest.mark.parametrize("fault", UNPAYABLE)
def test_a_price_that_the_provider_cannot_take_is_refused_everywhere(stripe, staff, sign_in, as_member, fault):
    price, currency, said = UNPAYABLE[fault]
    draft = make_drop({"9": 1}, published=False, starts_in=3600)
    boss, desk = as_member(staff), sign_in(staff)
    sent = {"price": {"amount": price, "currency": currency}}
    hours = {"starts_at": iso(draft.starts_at), "ends_at": iso(draft.ends_at)}
    made = boss.post("drops", {"sneaker": str(draft.sneaker_id), "title": "New", **hours, **sent})
    changed = boss.patch(f"drops/{draft.pk}", {**sent, "reason": "Another price."})
    assert [(one.status_code, one.json()["errors"]) for one in (made, changed)] == [(400, {"price": [said]})] * 2
    add, change = reverse("admin:drops_drop_add"), reverse("admin:drops_drop_change", args=[draft.pk])
    typed = fields(desk.get(change), "drop_form") | {"price": price, "currency": currency}
    new = {**typed, "title": "New", "slug": "new", "size_run": "9:1", "sizes-TOTAL_FORMS": "0", "sizes-INITIAL_FORMS": "0"}
    for address, form in ((change, typed), (add, new)):
        answer = desk.post(address, form)
        assert (answer.status_code, answer.context["adminform"].form.errors) == (200, {"price": [said]})
    assert [*Drop.objects.values_list("title", "price")] == [(draft.title, 18000)]


def test_a_draft_whose_price_the_provider_cannot_take_is_not_published(stripe, staff, as_member):
    """Of before another provider was chosen."""
    draft = make_drop({"9": 1}, published=False, starts_in=3600, price=49)
    answer = as_member(staff).patch(f"drops/{draft.pk}", {"published": True, "reason": "Now."})
    assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["price"])
    assert as_member(staff).patch(f"drops/{draft.pk}", {"title": "Renamed", "reason": "A slip."}).status_code == 200
    with pytest.raises(Invalid):
        publish(draft)
    paid = {"price": "180.00", "published": True, "reason": "Now."}
    assert as_member(staff).patch(f"drops/{draft.pk}", paid).status_code == 200
