"""What members choose: kept, checked, and undone by nobody else."""

from datetime import time

import pytest
from django.db import IntegrityError, transaction

from community.models import EmailChoice, EmailTimes
from community.notice_emails import choices
from community.personal_data import erasure, export
from dropshop.core.errors import Invalid

pytestmark = pytest.mark.django_db


def test_at_first_few_e_mails_come(alice):
    assert choices.ways_of(alice) == {
        "draws": "at_once",
        "orders": "at_once",
        "queues": "at_once",
        "requests": "daily",
        "account": "at_once",
        "trades": "at_once",
        "events": "at_once",
        "moderation": "at_once",
        "wants": "daily",
        "restocks": "daily",
        "replies": "daily",
        "reports": "daily",
        "karma": "off",
    }
    assert choices.times_of(alice)[1:] == ((time(22), time(8)), 9)


def test_a_choice_is_kept_and_can_be_changed_again(alice, bob):
    choices.change(alice, ways={"karma": "daily", "trades": "off"}, quiet_from=None, quiet_until=None, digest_hour=18)
    choices.change(alice, ways={"karma": "off"})
    ways = choices.ways_of(alice)
    assert (ways["karma"], ways["trades"], choices.ways_of(bob)["trades"]) == ("off", "off", "at_once")
    assert choices.times_of(alice)[1:] == (None, 18)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"ways": {"orders": "off"}}, "kinds", id="what must be told"),
        pytest.param({"ways": {"account": "daily"}}, "kinds", id="security"),
        pytest.param({"ways": {"gossip": "off"}}, "kinds", id="unknown"),
        pytest.param({"ways": {"staff": "off"}}, "kinds", id="of staff"),
        pytest.param({"ways": {"trades": "weekly"}}, "kinds", id="no way"),
        pytest.param({"quiet_from": time(8)}, "quiet_until", id="no hours at all"),
        pytest.param({"quiet_until": None}, "quiet_from", id="no end"),
        pytest.param({"digest_hour": 24}, "digest_hour", id="no hour"),
    ],
)
def test_nonsense_is_refused_by_field_and_changes_nothing(alice, changes, field):
    with pytest.raises(Invalid) as refusal:
        choices.change(alice, **{"ways": {"karma": "daily"}, **changes})
    assert list(refusal.value.facts["errors"]) == [field]
    assert choices.ways_of(alice)["karma"] == "off"


@pytest.mark.parametrize(
    "nonsense",
    [{"quiet_from": None}, {"quiet_from": time(8)}, {"digest_hour": 24}],
    ids=["no beginning", "no time between", "no hour"],
)
def test_the_database_refuses_times_that_make_no_sense(alice, nonsense):
    choices.change(alice, digest_hour=18)
    with pytest.raises(IntegrityError), transaction.atomic():
        EmailTimes.objects.update(**nonsense)


def test_what_was_chosen_is_exported_and_goes_with_the_member(alice):
    choices.change(alice, ways={"trades": "off"}, digest_hour=18)
    told = export.everything_about(alice)["community"]
    assert told["email_choices"] == [{"group_name": "trades", "way": "off"}]
    assert [row["digest_hour"] for row in told["email_times"]] == [18]
    erasure.erase(alice)
    assert (EmailChoice.objects.count(), EmailTimes.objects.count()) == (0, 0)
