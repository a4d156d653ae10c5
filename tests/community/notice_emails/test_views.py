"""The table of ways on the settings page, and the calls that do the same."""

import pytest
from django.urls import reverse

from community.notice_emails import choices
from dropshop.core.outbox import suppression

pytestmark = pytest.mark.django_db
PAGE = "/accounts/settings/"
TIMES = {"quiet_from": "23:00", "quiet_until": "07:30", "digest_hour": "18"}


def post(client, **said):
    return client.post(reverse("choose_notice_emails"), {**TIMES, **said})


def test_the_table_has_a_row_for_each_kind_and_what_must_be_told_is_locked(alice, sign_in):
    page = sign_in(alice).get(PAGE).content.decode()
    for name, way in choices.ways_of(alice).items():
        chosen = f'<input type="radio" name="{name}" value="{way}" checked>'
        assert (chosen in page) == (name not in {"orders", "account"})
    assert page.count('<span class="said">always</span>') == 2
    assert 'name="staff"' not in page


def test_what_is_chosen_is_stored_and_the_rest_stays(alice, sign_in):
    client = sign_in(alice)
    assert post(client, trades="daily", karma="daily")["Location"] == f"{PAGE}#notifications"
    ways, times = choices.ways_of(alice), choices.stored_times(alice)
    assert (ways["trades"], ways["karma"], ways["events"]) == ("daily", "daily", "at_once")
    assert [str(part) for part in (times.quiet_from, times.quiet_until, times.digest_hour)] == ["23:00:00", "07:30:00", "18"]
    assert 'value="23:00"' in client.get(PAGE).content.decode()


def test_both_times_empty_end_the_quiet_hours(alice, sign_in):
    post(sign_in(alice), quiet_from="", quiet_until="")
    assert choices.times_of(alice).quiet is None


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"quiet_from": ""}, "Give quiet hours both a beginning and an end, or neither."),
        ({"quiet_from": "07:30"}, "Quiet hours must not begin and end at the same time."),
        ({"quiet_from": "25:00"}, "Enter a valid time."),
        ({"digest_hour": "24"}, "Select a valid choice. 24 is not one of the available choices."),
        ({"trades": "weekly"}, "“weekly” is not one of at_once, daily, off."),
        ({"orders": "off"}, "“Your orders, payments and holds” is always told at once."),
    ],
    ids=["no beginning", "no time between", "no time", "no hour", "no way", "what must be told"],
)
def test_nonsense_is_said_on_the_page_and_changes_nothing(alice, sign_in, said, wrong):
    answer = post(sign_in(alice), **{"karma": "daily", **said})
    assert answer.status_code == 400
    assert wrong in answer.content.decode()
    assert (choices.ways_of(alice)["karma"], choices.times_of(alice).digest_hour) == ("off", 9)


def test_who_has_not_confirmed_the_address_is_told_why_nothing_comes(charlie, alice, sign_in):
    words = "Confirm your e-mail address first"
    assert words in sign_in(charlie).get(PAGE).content.decode()
    assert words not in sign_in(alice).get(PAGE).content.decode()


URL = "/api/v1/notices/preferences"


def test_the_api_tells_and_changes_the_same(alice, sign_in):
    client = sign_in(alice)
    told = client.get(URL).json()
    assert (told["quiet_from"], told["quiet_until"], told["digest_hour"], told["time_zone"]) == ("22:00", "08:00", 9, "UTC")
    assert told["kinds"][1] == {
        "name": "orders", "title": "Your orders, payments and holds", "way": "at_once", "is_locked": True,
    }  # fmt: skip
    body = {"kinds": [{"name": "trades", "way": "off"}], "quiet_from": None, "quiet_until": None}
    changed = client.patch(URL, body, content_type="application/json").json()
    assert (changed["quiet_from"], changed["digest_hour"]) == (None, 9)
    assert choices.ways_of(alice)["trades"] == "off"


@pytest.mark.parametrize(
    "body",
    [
        {"kinds": [{"name": "orders", "way": "off"}]},
        {"kinds": [{"name": "gossip", "way": "off"}]},
        {"kinds": [{"name": "trades", "way": "weekly"}]},
        {"kinds": [{"name": "trades"}]},
        {"digest_hour": 24},
        {"quiet_from": "25:00"},
        {"quiet_from": None},
        {"time_zone": "Europe/Berlin"},
        {"kinds": [{"name": "trades", "way": "off", "mine": True}]},
    ],
    ids=["locked", "unknown", "no way", "half", "no hour", "no time", "no beginning", "no field", "no fact of a kind"],
)
def test_the_api_refuses_nonsense_by_field(alice, sign_in, body):
    answer = sign_in(alice).patch(URL, body, content_type="application/json")
    assert (answer.status_code, [field.partition(".")[0] for field in answer.json()["errors"]]) == (400, [*body])
    assert choices.ways_of(alice)["trades"] == "at_once"


def test_quiet_hours_of_less_than_a_minute_are_none(alice, sign_in):
    body = {"quiet_from": "22:00:00", "quiet_until": "22:00:30"}
    answer = sign_in(alice).patch(URL, body, content_type="application/json")
    assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["quiet_until"])


def test_a_visitor_has_no_preferences(client):
    assert client.get(URL).status_code == 401


@pytest.mark.parametrize(
    ("reason", "words"),
    [("bounced", "come back, so none are sent"), ("complained", "reported an e-mail to alice@example.com as unwanted")],
)
def test_who_cannot_be_written_to_reads_it_and_mends_it(alice, bob, sign_in, reason, words):
    for member in (alice, bob):
        suppression.suppress(member.email, reason)
    client = sign_in(alice)
    assert words in client.get(PAGE).content.decode()
    assert client.post(reverse("mend_notice_emails"))["Location"] == f"{PAGE}#notifications"
    assert words not in client.get(PAGE).content.decode()
    assert suppression.of_address(bob.email).count() == 1


@pytest.mark.parametrize(("reason", "left"), [("bounced", 0), ("complained", 1)])
def test_a_complaint_is_lifted_by_nobody_who_has_not_confirmed_the_address(charlie, sign_in, reason, left):
    suppression.suppress(charlie.email, reason)
    assert sign_in(charlie).post(reverse("mend_notice_emails"))["Location"] == f"{PAGE}#notifications"
    assert suppression.of_address(charlie.email).count() == left
