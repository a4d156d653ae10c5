"""Karma in the admin: rules and levels with their history, the ledger, and points given and taken by hand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.karma import ledger
from community.models import KarmaLevel, KarmaRule, KarmaTransfer
from tests.harness.admin_forms import errors, fields
from tests.make import make_member

KARMA = "/admin/community"
RULE = f"{KARMA}/karmarule/restock-confirmed/change/"


def history(client, address):
    """(who, what, (field, before, after)…) of each change, the newest first."""
    changes = client.get(address.replace("change/", "history/")).context["changes"]
    return [(change.by, change.done, *change.fields) for change in changes]


def test_a_changed_rule_holds_at_once_and_its_history_says_who_changed_what(community_manager, alice, sign_in):
    client = sign_in(community_manager)
    form = fields(client.get(RULE), "karmarule_form")
    assert client.post(RULE, form | {"points": "12", "daily_cap": ""}).status_code == 302
    assert client.post(RULE, form | {"points": "12", "daily_cap": "", "title": "Your report held"}).status_code == 302
    ledger.award(alice, "restock-confirmed", source="restock:1")
    assert ledger.balance_of(alice) == 12
    who = community_manager.username
    newest, second, first = history(client, RULE)
    assert newest == (who, "changed", ("title", "Your restock report was confirmed", "Your report held"))
    assert second == (who, "changed", ("points", "10", "12"), ("daily cap", "50", ""))
    assert (first[:2], ("points", "", "10") in first) == (("", "made"), True)
    page = client.get(RULE.replace("change/", "history/")).content.decode()
    assert ("points: 10 → 12" in page, who in page, "the shop" in page) == (True, True, True)


def test_a_rule_that_earns_stays_one_and_no_rule_comes_or_goes(community_manager, staff, sign_in):
    client = sign_in(community_manager)
    form = fields(client.get(RULE), "karmarule_form")
    for points in ("-10", "0"):
        assert errors(client.post(RULE, form | {"points": points})) == ["This rule earns points, and stays so."]
    assert errors(client.post(RULE, form | {"daily_cap": "-1"})) != []
    boss = sign_in(staff)
    assert boss.post(RULE.replace("change/", "delete/"), {"post": "yes"}).status_code == 403
    assert boss.get(f"{KARMA}/karmarule/add/").status_code == 403


def test_a_rule_saved_after_somebody_else_keeps_what_they_changed(community_manager, sign_in):
    client = sign_in(community_manager)
    form = fields(client.get(RULE), "karmarule_form")
    KarmaRule.objects.filter(pk="restock-confirmed").update(active=False)
    client.post(RULE, form | {"points": "11"})
    assert KarmaRule.objects.values_list("points", "active").get(pk="restock-confirmed") == (11, False)


def test_levels_are_made_changed_and_deleted_and_none_of_it_is_forgotten(community_manager, alice, sign_in):
    client = sign_in(community_manager)
    new = {"name": "Elder", "threshold": "1000", "confirm_weight": "5", "may_post_links": "on"}
    assert client.post(f"{KARMA}/karmalevel/add/", new).status_code == 302
    elder = KarmaLevel.objects.get(name="Elder")
    address = f"{KARMA}/karmalevel/{elder.pk}/change/"
    client.post(address, new | {"threshold": "900"})
    told = history(client, address)
    assert [(by, done) for by, done, *_ in told] == [
        (community_manager.username, "changed"),
        (community_manager.username, "made"),
    ]
    client.post(f"{KARMA}/karmalevel/{elder.pk}/delete/", {"post": "yes"})
    assert not KarmaLevel.objects.filter(name="Elder").exists()
    events = KarmaLevel.pgh_event_model.objects.filter(pgh_obj=elder.pk).order_by("pgh_id")
    assert [(event.pgh_label, event.pgh_context.metadata["user"]) for event in events] == [
        (done, str(community_manager.pk)) for done in ("insert", "update", "delete")
    ]


def test_a_level_with_a_taken_name_is_refused_in_words(community_manager, sign_in):
    taken = {"name": "Trusted", "threshold": "100", "confirm_weight": "1"}
    page = sign_in(community_manager).post(f"{KARMA}/karmalevel/add/", taken)
    assert len(errors(page)) == 2


def test_moderators_give_and_take_with_a_reason_once_per_form(moderator, alice, sign_in):
    client = sign_in(moderator)
    give, take = (f"{KARMA}/member/{alice.pk}/{deed}_karma/" for deed in ("give", "take"))
    form = fields(client.get(give), "deed-form") | {"points": "30", "reason": "For the event"}
    for _ in range(2):
        assert client.post(give, form).status_code == 302
    form = fields(client.get(take), "deed-form") | {"points": "12", "reason": "Spam"}
    assert client.post(take, form).status_code == 302
    assert ledger.balance_of(alice) == 18
    moved = KarmaTransfer.objects.order_by("created_at").values_list("rule", "note", "by")
    assert list(moved) == [("given-by-staff", "For the event", moderator.pk), ("taken-by-staff", "Spam", moderator.pk)]


def test_a_reason_and_a_number_are_asked_for_and_more_than_there_is_is_refused_in_words(moderator, alice, sign_in):
    client, take = sign_in(moderator), f"{KARMA}/member/{alice.pk}/take_karma/"
    form = fields(client.get(take), "deed-form")
    assert len(errors(client.post(take, form | {"points": "0", "reason": ""}))) == 2
    answer = client.post(take, form | {"points": "5", "reason": "Spam"}, follow=True)
    assert f"{alice.username} has 0, and 5 were to be taken." in answer.content.decode()
    assert KarmaTransfer.objects.count() == 0


def test_35_nobody_moves_their_own_and_other_roles_move_none(moderator, support, community_manager, alice, sign_in):
    assert sign_in(moderator).get(f"{KARMA}/member/{moderator.pk}/change/").context["object_actions"] == []
    own = sign_in(moderator)
    form = fields(own.get(f"{KARMA}/member/{moderator.pk}/give_karma/"), "deed-form") | {"points": "5", "reason": "x"}
    own.post(f"{KARMA}/member/{moderator.pk}/give_karma/", form)
    for role in (support, community_manager):
        assert sign_in(role).post(f"{KARMA}/member/{alice.pk}/give_karma/", form).status_code == 403
    assert KarmaTransfer.objects.count() == 0


@pytest.mark.parametrize("kind", ["karmatransfer", "karmaaccount", "karmaentry"])
def test_nobody_writes_the_ledger_superusers_included(kind, staff, alice, sign_in):
    ledger.award(alice, "restock-confirmed", source="restock:1")
    client = sign_in(staff)
    listed = client.get(f"{KARMA}/{kind}/")
    (row, *_) = listed.context["cl"].result_list
    assert client.get(f"{KARMA}/{kind}/{row.pk}/change/").status_code == 200
    assert [client.post(f"{KARMA}/{kind}/{end}", {"post": "yes"}).status_code for end in ("add/", f"{row.pk}/delete/")] == [
        403
    ] * 2
    assert client.post(f"{KARMA}/{kind}/{row.pk}/change/", {"points": "1000", "balance": "1000"}).status_code == 403
    assert ledger.balance_of(alice) == 10


def test_the_ledger_is_searched_by_member_and_cause_and_costs_the_same_for_three(staff, alice, sign_in):
    client, costs = sign_in(staff), []
    client.get(f"{KARMA}/karmatransfer/")
    for members in ([alice], [make_member(), make_member()]):
        for member in members:
            ledger.award(member, "restock-confirmed", source=f"restock:{member.username}")
        for kind in ("karmatransfer", "karmaentry", "karmaaccount"):
            with CaptureQueriesContext(connection) as asked:
                client.get(f"{KARMA}/{kind}/")
            costs.append(len(asked))
    assert costs[:3] == costs[3:]
    for words in ("alice", "restock:alice"):
        (found,) = client.get(f"{KARMA}/karmatransfer/", {"q": words}).context["cl"].result_list
        assert found.member == alice


def test_the_house_is_what_was_issued_and_spent(staff, alice, sign_in):
    ledger.award(alice, "restock-confirmed", source="restock:1")
    ledger.spend(alice, "raffle-entry", source="draw:1")
    page = sign_in(staff).get(f"{KARMA}/karmaaccount/").content.decode()
    assert [points for points in (">-10<", ">5<") if points not in page] == []
