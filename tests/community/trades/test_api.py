import pytest

from community.models import Pair, Trade
from tests.make import make_open_pair, make_trade

pytestmark = pytest.mark.django_db
PATH = "community/trades"
TRADE = {
    "id", "status", "proposer", "receiver", "gives", "wants", "message", "answers", "answered_by", "changes", "created_at",
    "decided_at", "shipping", "completed_at", "undone_at", "dispute", "ratings", "url",
}  # fmt: skip


def ids(*pairs):
    return [str(pair.pk) for pair in pairs]


def test_an_offer_is_made_read_countered_and_accepted(as_member, alice, bob):
    mine, theirs, more = make_open_pair(alice, notes="secret", price=1), make_open_pair(bob), make_open_pair(alice)
    made = as_member(alice).post(PATH, {"gives": ids(mine), "wants": ids(theirs), "message": "Swap?"})
    facts = made.json()
    assert (made.status_code, set(facts), facts["status"], facts["message"]) == (201, TRADE, "pending", "Swap?")
    assert (facts["proposer"]["username"], facts["receiver"]["username"]) == ("alice", "bob")
    assert set(facts["gives"][0]) == {"id", "sneaker", "size", "condition", "notes", "pictures"}
    assert as_member(alice).post(PATH, {"gives": ids(mine), "wants": ids(theirs), "to": "Bob"}).status_code == 200
    answer = {"status": "countered", "gives": ids(theirs), "wants": ids(mine, more)}
    old = as_member(bob).put(f"{PATH}/{facts['id']}", answer).json()
    new = as_member(alice).get(f"{PATH}/{old['answered_by']}").json()
    assert (old["status"], new["answers"], new["proposer"]["username"]) == ("countered", facts["id"], "bob")
    assert new["changes"] == {"gives": {"added": [], "removed": []}, "wants": {"added": ids(more), "removed": []}}
    done = as_member(alice).put(f"{PATH}/{new['id']}", {"status": "accepted"})
    assert (done.status_code, done.json()["status"]) == (200, "accepted")
    assert [shipment["sender"] for shipment in done.json()["shipping"]] == ["bob", "alice"]
    assert set(Pair.objects.filter(owner=bob).values_list("pk", flat=True)) == {mine.pk, more.pk}
    late = as_member(bob).put(f"{PATH}/{new['id']}", {"status": "withdrawn"})
    assert (late.status_code, late.json()["code"]) == (409, "already_accepted")


def test_a_stranger_does_not_learn_that_a_trade_exists_35(as_member, call, alice, bob, charlie):
    trade = make_trade(alice, bob)
    stranger, nobody = as_member(charlie), "00000000-0000-4000-8000-000000000000"
    for deed in (
        lambda pk: stranger.get(f"{PATH}/{pk}"),
        lambda pk: stranger.put(f"{PATH}/{pk}", {"status": "accepted"}),
        lambda pk: stranger.put(f"{PATH}/{pk}", {"status": "withdrawn"}),
    ):
        theirs, missing = deed(trade.pk), deed(nobody)
        assert (theirs.status_code, theirs.json()) == (404, missing.json())
    assert stranger.get(PATH).json()["results"] == []
    assert call.get(f"{PATH}/{trade.pk}").status_code == 401
    trade.refresh_from_db()
    assert trade.status == "pending"


def test_a_hidden_pair_reads_as_one_that_does_not_exist_35(as_member, alice, bob):
    mine, private = make_open_pair(alice), make_open_pair(bob, visibility="private", for_trade=False)
    answers = [
        as_member(alice).post(PATH, {"gives": ids(mine), "wants": [wanted]}).json()
        for wanted in (*ids(private), "00000000-0000-4000-8000-000000000000")
    ]
    assert answers[0] == answers[1]
    assert answers[0]["errors"] == {"wants": ["There is no such pair."]}


def test_extra_fields_are_refused_by_name_and_have_no_effect_36(as_member, alice, bob, charlie):
    mine, theirs = make_open_pair(alice), make_open_pair(bob)
    terms = {"gives": ids(mine), "wants": ids(theirs)}
    extra = {"status": "accepted", "proposer": "bob", "receiver": "charlie", "karma": 9}
    refused = as_member(alice).post(PATH, terms | extra)
    assert (refused.status_code, set(refused.json()["errors"]), Trade.objects.count()) == (400, set(extra), 0)
    as_member(alice).post(PATH, terms)
    trade = Trade.objects.get()
    extra = {"by": "alice", "decided_at": "2000-01-01T00:00:00Z", "completed_at": "2000-01-01T00:00:00Z"}
    refused = as_member(bob).put(f"{PATH}/{trade.pk}", {"status": "rejected", **extra})
    assert (refused.status_code, set(refused.json()["errors"])) == (400, set(extra))
    trade.refresh_from_db()
    assert trade.status == "pending"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"gives", "wants"}),
        ({"gives": [], "wants": []}, {"gives", "wants"}),
        ({"gives": ["x"], "wants": 3}, {"gives.0", "wants"}),
        ({"gives": ["00000000-0000-4000-8000-000000000000"] * 11, "wants": None}, {"gives", "wants"}),
    ],
)
def test_bad_input_is_named_by_field(as_member, alice, body, fields):
    answer = as_member(alice).post(PATH, body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, fields)


def test_bad_answers_are_named_too(as_member, alice, bob):
    trade = make_trade(alice, bob)
    caller = as_member(bob)
    for body in ({}, {"status": "stale"}, {"status": "countered"}, {"status": "countered", "gives": ["\0"]}):
        assert caller.put(f"{PATH}/{trade.pk}", body).status_code == 400
    unknown = as_member(alice).post(
        PATH, {"gives": ids(make_open_pair(alice)), "wants": ids(make_open_pair(bob)), "to": "no\0one"}
    )
    assert unknown.status_code == 400
    assert caller.get(f"{PATH}?status=lost").status_code == 400


def test_the_list_is_mine_newest_first_and_by_status(as_member, alice, bob, charlie, django_assert_num_queries):
    first, second = make_trade(alice, bob), make_trade(bob, alice)
    make_trade(charlie, bob)
    rows = as_member(alice).get(PATH).json()["results"]
    assert [row["id"] for row in rows] == [str(second.pk), str(first.pk)]
    as_member(bob).put(f"{PATH}/{first.pk}", {"status": "rejected"})
    assert [row["id"] for row in as_member(alice).get(f"{PATH}?status=pending").json()["results"]] == [str(second.pk)]


def test_a_repeated_key_makes_one_offer(as_member, alice, bob):
    body = {"gives": ids(make_open_pair(alice)), "wants": ids(make_open_pair(bob))}
    caller = as_member(alice)
    answers = [caller.post(PATH, body, Idempotency_Key="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Trade.objects.count() == 1
    body["message"] = "another"
    assert caller.post(PATH, body, Idempotency_Key="one").status_code == 422


def test_sending_receiving_rating_and_a_dispute_by_the_api(as_member, alice, bob, charlie):
    trade = make_trade(alice, bob)
    one, other = as_member(alice), as_member(bob)
    path = f"{PATH}/{trade.pk}"
    assert one.post(f"{path}/sent", {}).json()["code"] == "not_accepted"
    other.put(path, {"status": "accepted"})
    assert other.post(f"{path}/received").json()["code"] == "not_sent"
    assert one.post(f"{path}/sent", {"carrier": "Post", "tracking": "RR 1"}).json()["shipping"][0]["tracking"] == "RR 1"
    other.post(f"{path}/sent", {})
    one.post(f"{path}/received")
    assert other.post(f"{path}/rating", {"stars": 5}).json()["code"] == "not_complete"
    assert other.post(f"{path}/received").json()["completed_at"] is not None
    rated = other.post(f"{path}/rating", {"stars": 5, "text": "Quick."}).json()
    assert [(rating["by"], rating["stars"], rating["text"]) for rating in rated["ratings"]] == [("bob", 5, "Quick.")]
    assert rated["proposer"]["rating"] == {"stars": 5.0, "trades": 1}
    assert other.post(f"{path}/rating", {"stars": 6}).status_code == 400
    disputed = one.post(f"{path}/dispute", {"reason": "A fake."}).json()["dispute"]
    assert (disputed["opened_by"], disputed["reason"], disputed["resolution"]) == ("alice", "A fake.", "open")
    stranger = as_member(charlie)
    for step, body in (("sent", {}), ("received", None), ("dispute", {"reason": "x"}), ("rating", {"stars": 1})):
        assert stranger.post(f"{path}/{step}", body).status_code == 404


def test_a_private_pair_reads_as_none_whatever_else_is_wrong_with_the_offer_35(as_member, alice, bob, charlie):
    """Neither beside a fault of one's own, nor beside a pair of somebody else that is to be had."""
    private = make_open_pair(bob, visibility="private", for_trade=False)
    mine, open_one = make_open_pair(alice), make_open_pair(charlie)
    nobody = "00000000-0000-4000-8000-000000000000"
    for gives, more in (([nobody], []), (ids(mine), ids(open_one))):
        answers = [
            as_member(alice).post(PATH, {"gives": gives, "wants": [wanted, *more]}).json() for wanted in (*ids(private), nobody)
        ]
        assert answers[0] == answers[1]


def test_an_old_offer_does_not_show_the_photographs_of_what_is_private_since_35(as_member, alice, bob):
    mine = make_open_pair(alice)
    mine.pictures.create(image="pairs/mine.webp")
    trade = make_trade(alice, bob, gives=[mine])
    path = f"{PATH}/{trade.pk}"
    before = as_member(bob).put(path, {"status": "rejected"}).json()
    Pair.objects.filter(pk=mine.pk).update(visibility="private", for_trade=False)
    after = as_member(bob).get(path).json()
    assert [len(facts["gives"][0]["pictures"]) for facts in (before, after)] == [1, 0]


def test_the_photographs_stay_while_the_pairs_are_on_their_way(as_member, alice, bob):
    mine = make_open_pair(alice)
    mine.pictures.create(image="pairs/mine.webp")
    trade = make_trade(alice, bob, gives=[mine])
    facts = as_member(bob).put(f"{PATH}/{trade.pk}", {"status": "accepted"}).json()
    assert len(facts["gives"][0]["pictures"]) == 1
