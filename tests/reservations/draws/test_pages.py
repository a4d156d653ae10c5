"""The pages of a draw, in its states and for its viewers."""

import pytest
from django.test import Client

from reservations.addresses import saved
from reservations.draws import deeds, steps
from reservations.draws.models import Draw
from reservations.draws.presenter import DrawPage, _runs
from tests.make import ADDRESS, make_saved_method
from tests.reservations.draws.making import crowd, drawn, end, enter, make_draw_drop

pytestmark = pytest.mark.django_db


@pytest.fixture
def drop():
    return make_draw_drop({"8": 1, "9": 2})


def caller(member):
    client = Client()
    client.force_login(member)
    return client


def heading(drop, member=None):
    return DrawPage(drop, member).headline


def test_each_state_has_its_words(drop, alice, staff):
    assert heading(drop) == ("Enter.", "Then luck decides.")
    crowd(drop, 3, "9")
    steps.close(end(drop))
    assert heading(drop) == ("The list is closed.", "Now the dice.")
    deeds.call_off(Draw.objects.get(drop=drop), by=staff, reason="Lost.")
    assert heading(drop) == ("Called off.", "Nobody was charged.")


def test_the_page_says_rank_reason_and_cuts(drop, alice):
    enter(alice, drop, "9")
    crowd(drop, 20, "9", "8")
    drawn(drop)
    page = DrawPage(drop, alice)
    rank = page.rank
    answer = caller(alice).get(f"{drop.get_absolute_url()}draw/")
    assert answer.status_code == 200
    assert page.headline == (f"Rank {rank}.", "You win." if page.entry["won"] else "Not this time.")
    assert [step.is_done for step in page.steps] == [True] * 4
    assert sum(row.is_mine for row in page.rows) == 1
    assert "21 people entered for 3 pairs" in answer.text
    looked = DrawPage(drop, None, around=15)
    assert {14, 15, 16, 17} <= {row.rank for row in looked.rows}


def test_a_page_asks_as_much_for_three_entries_as_for_thirty(django_assert_max_num_queries, alice):
    for many in (3, 30):
        drop = make_draw_drop({"9": 2})
        crowd(drop, many)
        drawn(drop)
        with django_assert_max_num_queries(40):
            caller(alice).get(f"{drop.get_absolute_url()}draw/")


def test_files_are_told_as_they_were_published(drop):
    crowd(drop, 3, "9")
    draw = drawn(drop)
    for file in draw.files.all():
        answer = Client().get(f"{drop.get_absolute_url()}draw/{file.name}")
        assert (answer.status_code, answer.content) == (200, bytes(file.content))
    assert Client().get(f"{drop.get_absolute_url()}draw/secret.txt").status_code == 404


def test_other_drops_and_drafts_have_no_such_page(drop):
    assert Client().get("/drops/no-such-drop/draw/").status_code == 404
    assert Client().get(f"{drop.get_absolute_url()}draw/?rank=x").status_code == 200


def test_a_member_enters_on_the_drops_page_with_what_they_have_saved(drop, alice):
    me = caller(alice)
    assert "save" in me.get(drop.get_absolute_url()).text
    address, card = saved.add(alice, ADDRESS), make_saved_method(alice)
    form = {"sizes": ["9", "8", ""], "address": str(address.pk), "payment_method": str(card.pk)}
    assert me.post(f"{drop.get_absolute_url()}draw/entry/", form).status_code in (302, 303)
    assert "You are in the draw." in me.get(drop.get_absolute_url()).text
    again = me.post(f"{drop.get_absolute_url()}draw/entry/", form, follow=True)
    assert "You have entered this draw." in again.text
    assert me.post(f"{drop.get_absolute_url()}draw/withdrawal/").status_code in (302, 303)
    assert "You have withdrawn." in me.get(drop.get_absolute_url()).text


def test_a_line_shows_winners_side_by_side_as_one_piece():
    assert [*_runs([1, 2, 3, 5, 8, 9])] == [(1, 3), (5, 5), (8, 9)]
    assert [*_runs([])] == []
