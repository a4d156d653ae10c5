"""A size run in one line."""

import pytest
from django.urls import reverse

from drops.sizes.values import SizeSystem
from drops.stock.size_run import InvalidSizeRun, find_size, parse_size_run, sort_sizes
from tests.harness.admin_forms import fields
from tests.make import make_drop, make_sneaker


@pytest.mark.parametrize(
    ("text", "run"),
    [
        ("", []),
        ("7-9:20", [("7", 20), ("8", 20), ("9", 20)]),
        ("7-8/0.5 = 2", [("7", 2), ("7.5", 2), ("8", 2)]),
        ("7,7.5, 8=10", [("7", 10), ("7.5", 10), ("8", 10)]),
        ("S, M : 3; L:0\nEU-42:1", [("S", 3), ("M", 3), ("L", 0), ("EU 42", 1)]),
        ("One size:100", [("One size", 100)]),
        ("9.0-10:1", [("9", 1), ("10", 1)]),
    ],
)
def test_a_run_is_read_as_it_is_written(text, run):
    assert parse_size_run(text) == run


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("7-12", "“7-12” does not say how many pairs; write 7-12:20."),
        ("7:many", "“many” is not a number of pairs."),
        ("7:-1", "“-1” is not a number of pairs."),
        ("7:1000001", "“1000001” is not a number of pairs."),
        ("7:٣", "“٣” is not a number of pairs."),
        ("7-12:20,8:3", "“7-12:20” is not the name of a size."),
        ("Wide:3", "“Wide” is not the name of a size."),
        ("9:1; US 9,0:2", "9 is there twice."),
        ("7,,8:1", "“” is not the name of a size."),
        ("12-7:1", "“12-7” is not a range of sizes."),
        ("7-12/0:1", "“7-12/0” is not a range of sizes."),
        ("1-999:1", "“1-999” is not a range of sizes."),
        ("7,8:1;8:2", "8 is there twice."),
        ("1-40:1;41-80:1", "That makes more than 60 sizes."),
        ("9,5:10", "“9,5” may be one size or two; write “9.5” or “9, 5”."),
        ("8:1; 10,50:2", "“50” is not the name of a size."),
        ("9,0:1", "“9,0” may be one size or two; write “9.0” or “9, 0”."),
        ("7-12/,5:2", "“7-12/” is not a range of sizes."),
        ("7-12.5:2", "“7-12.5” does not come to 12.5 in steps of 1."),
        ("7-12/4:2", "“7-12/4” does not come to 12 in steps of 4."),
        ("7::20", "“7:” is not the name of a size."),
        ("7 to 12:20", "“7 to 12” is not the name of a size."),
        ("7–12:20", "“7–12” is not the name of a size."),
        ("7-12:20 8:3", "“7-12:20 8” is not the name of a size."),
        ("7-12 x 20", "“7-12 x 20” does not say how many pairs; write 7-12 x 20:20."),
        ("x" * 21 + ":1", f"“{'x' * 21}” is not the name of a size."),
    ],
)
def test_what_is_no_run_says_why(text, complaint):
    with pytest.raises(InvalidSizeRun) as refusal:
        parse_size_run(text)
    assert str(refusal.value) == complaint


def test_a_run_is_read_in_the_system_of_the_sneaker():
    assert parse_size_run("40, 40 2/3 : 3; 42.7:1", SizeSystem.EU) == [("40", 3), ("40 2/3", 3), ("42 2/3", 1)]
    assert parse_size_run("3.5-4.5/0.5:2", SizeSystem.US_YOUTH) == [("3.5Y", 2), ("4Y", 2), ("4.5Y", 2)]


def test_a_size_0_stands_first(db):
    drop = make_drop({"7": 1, "0": 1, "3": 1})
    sort_sizes(drop.pk)
    assert [size.label for size in drop.sizes.all()] == ["0", "3", "7"]


@pytest.mark.parametrize("text", ["9.5", "9,5", "US 9.5", " 9.50 "])
def test_a_size_of_a_drop_is_found_however_it_is_spelled(db, text):
    drop = make_drop({"9": 1, "9.5": 1, "Wide": 1})
    assert find_size(drop, text).label == "9.5"
    assert find_size(drop, "Wide").label == "Wide"
    assert find_size(drop, "10") is None


def test_sizes_stand_by_their_number_and_names_behind_them(db):
    drop = make_drop({"10": 1, "Wide": 1, "9.5": 1, "9": 1})
    sort_sizes(drop.pk)
    assert [size.label for size in drop.sizes.all()] == ["9", "9.5", "10", "Wide"]


def test_the_size_system_of_a_sneaker_is_fixed_once_something_is_measured_in_it(editor, sign_in):
    staff_client = sign_in(editor)
    free, used = make_sneaker(), make_drop({"9": 1}).sneaker
    for sneaker, system in ((free, "EU"), (used, "US men's")):
        path = reverse("admin:drops_sneaker_change", args=[sneaker.pk])
        typed = fields(staff_client.get(path), "sneaker_form") | {"size_system": "EU"}
        staff_client.post(path, typed)
        sneaker.refresh_from_db()
        assert sneaker.size_system == system
