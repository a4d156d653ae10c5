import pytest

from tests.make import lapse, make_drop, make_member, make_purchase, make_reservation, make_sneaker

pytestmark = pytest.mark.django_db
FACTS = {
    "id", "slug", "title", "sneaker", "price", "phase", "starts_at", "ends_at", "hold_seconds", "limit_per_member", "access",
    "limit_per_address", "min_karma", "mode", "called_off",
    "sizes", "top_purchasers", "recent_buyers", "server_time",
}  # fmt: skip
SIZE = {"size", "total", "available", "reserved", "sold", "version", "next_expiry"}


def test_a_drop_tells_its_stock_phase_and_buyers(call, alice):
    drop = make_drop({"9": 2, "10": 1})
    make_purchase(alice, drop, "9")
    answer = call.get(f"drops/{drop.pk}")
    facts = answer.json()
    assert answer.status_code == 200
    assert set(facts) == FACTS
    assert set(facts["sizes"][0]) == SIZE
    assert [(size["size"], size["available"], size["sold"]) for size in facts["sizes"]] == [("9", 1, 1), ("10", 1, 0)]
    assert (facts["phase"], facts["price"]) == ("live", {"amount": "180.00", "currency": "USD"})
    assert facts["recent_buyers"][0]["buyer"] == "alice"


def test_a_drop_answers_to_its_id_its_slug_and_with_a_slash(call):
    drop = make_drop()
    answers = [call.get(f"drops/{name}") for name in (drop.pk, drop.slug, f"{drop.slug}/", str(drop.pk).upper())]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
    assert {answer.json()["id"] for answer in answers} == {str(drop.pk)}


def test_nothing_changed_is_a_304_and_the_clock_is_no_change(call):
    drop = make_drop()
    first = call.get(f"drops/{drop.pk}")
    again = call.get(f"drops/{drop.pk}", If_None_Match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert first["ETag"].startswith('W/"')
    assert first["Cache-Control"] == again["Cache-Control"] == "private, no-cache"
    assert call.get(f"drops/{drop.slug}", If_None_Match=f'"x", {first["ETag"]}').status_code == 304


def test_any_change_of_stock_is_a_new_answer(call, alice):
    drop = make_drop()
    tags = [call.get(f"drops/{drop.pk}")["ETag"]]
    hold = make_reservation(alice, drop)
    tags.append(call.get(f"drops/{drop.pk}", If_None_Match=tags[-1])["ETag"])
    lapse(hold)
    answer = call.get(f"drops/{drop.pk}", If_None_Match=tags[-1])
    assert answer.status_code == 200
    assert answer.json()["sizes"][0]["available"] == 3
    assert len({*tags, answer["ETag"]}) == 3


def test_visitors_of_a_members_only_drop_see_no_sizes_and_share_no_tag_with_members(call, as_member, bob):
    drop = make_drop(access="members")
    visitor, member = call.get(f"drops/{drop.pk}"), as_member(bob).get(f"drops/{drop.pk}")
    assert visitor.json()["sizes"] == []
    assert len(member.json()["sizes"]) == 1
    assert visitor["ETag"] != member["ETag"]
    assert "Authorization" in visitor["Vary"]


def test_drafts_are_there_for_staff_alone(call, as_member, alice, staff):
    drop = make_drop(published=False)
    assert call.get(f"drops/{drop.pk}").status_code == as_member(alice).get(f"drops/{drop.slug}").status_code == 404
    assert as_member(staff).get(f"drops/{drop.slug}").json()["phase"] == "draft"
    assert call.get("drops?phase=draft").json()["results"] == []
    assert [row["slug"] for row in as_member(staff).get("drops?phase=draft").json()["results"]] == [drop.slug]
    assert as_member(staff).get("drops").json()["results"] == []


def test_lists_hold_the_drops_of_their_phase(call, alice):
    live, sold_out = make_drop(2), make_drop(1)
    upcoming, later = make_drop(1, starts_in=600), make_drop(1, starts_in=1200)
    ended = make_drop(1, starts_in=-900, open_for=1)
    type(ended).objects.filter(pk=ended.pk).update(
        ends_at=ended.starts_at.replace(microsecond=0) + (live.ends_at - live.starts_at) / 9
    )
    make_purchase(alice, sold_out)

    def slugs(path):
        return [row["slug"] for row in call.get(path).json()["results"]]

    assert slugs("drops/live") == slugs("drops?phase=live") == [live.slug]
    assert slugs("drops/upcoming") == slugs("drops?phase=upcoming") == [upcoming.slug, later.slug]
    assert slugs("drops?phase=sold_out") == [sold_out.slug]
    assert slugs("drops?phase=ended") == [ended.slug]
    assert slugs("drops") == [
        later.slug,
        upcoming.slug,
        *sorted({live.slug, sold_out.slug}, key=slugs("drops").index),
        ended.slug,
    ]


def test_lists_answer_304_too(call):
    make_drop()
    first = call.get("drops/live")
    assert call.get("drops/live", If_None_Match=first["ETag"]).status_code == 304


def test_a_list_is_read_page_by_page_and_back(call):
    drops = [make_drop(1, starts_in=60 * number) for number in range(1, 6)]
    first = call.get("drops/upcoming?page_size=2").json()
    assert set(first) == {"results", "next", "previous"}
    second = call.client.get(first["next"]).json()
    third = call.client.get(second["next"]).json()
    assert [row["slug"] for page in (first, second, third) for row in page["results"]] == [drop.slug for drop in drops]
    assert (first["previous"], third["next"]) == (None, None)
    back = call.client.get(second["previous"]).json()
    assert [row["slug"] for row in back["results"]] == [row["slug"] for row in first["results"]]


@pytest.mark.parametrize("query", ["phase=nonsense", "page_size=0", "page_size=x", "page_size=101", "cursor=x", "cursor=cD14"])
def test_nonsense_in_a_query_is_named(call, query):
    make_drop()
    answer = call.get(f"drops?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert set(answer.json()["errors"]) == {query.partition("=")[0]}


@pytest.mark.parametrize("path", ["drops", "drops/live", "sneakers"])
def test_a_list_takes_as_many_statements_for_one_row_as_for_three(
    call, alice, path, django_assert_num_queries, django_assert_max_num_queries
):
    make_purchase(alice, make_drop({"9": 2, "10": 2}))
    with django_assert_max_num_queries(8) as counted:
        assert len(call.get(path).json()["results"]) == 1
    for _ in range(2):
        make_purchase(make_member(), make_drop({"9": 2, "10": 2}))
    with django_assert_num_queries(len(counted)):
        assert len(call.get(path).json()["results"]) == 3


def test_the_catalogue_is_filtered_by_brand_and_searched_by_words(call):
    bone = make_sneaker(brand="Halden", name="Fjell", colourway="Bone")
    make_sneaker(brand="Halden", name="Sund", colourway="Ink")
    make_sneaker(brand="Oru", name="Fjell", colourway="Ink")

    def found(query):
        return {(row["brand"], row["name"]) for row in call.get(f"sneakers?{query}").json()["results"]}

    assert found("brand=halden") == {("Halden", "Fjell"), ("Halden", "Sund")}
    assert found("search=fjell+ink") == {("Oru", "Fjell")}
    assert found("brand=halden&search=bone") == {("Halden", "Fjell")}
    assert found("search=%25") == set()
    facts = call.get(f"sneakers/{bone.pk}").json()
    assert (facts["style_code"], facts["retail_price"]) == (bone.style_code, {"amount": "180.00", "currency": "USD"})


def test_what_is_not_there_is_a_404(call):
    for path in ("drops/nothing", "sneakers/1", f"sneakers/{make_drop().pk}", "drops/a b", "nothing/at/all", "drops/x/y"):
        answer = call.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert answer["Content-Type"] == "application/problem+json"
