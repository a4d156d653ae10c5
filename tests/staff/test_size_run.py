"""A size run in one line."""

import pytest

from drops.size_run import NotARun, parse, put_in_order
from tests.make import make_drop


@pytest.mark.parametrize(
    ("text", "run"),
    [
        ("", []),
        ("7-9:20", [("7", 20), ("8", 20), ("9", 20)]),
        ("7-8/0.5 = 2", [("7", 2), ("7.5", 2), ("8", 2)]),
        ("7,7.5, 8=10", [("7", 10), ("7.5", 10), ("8", 10)]),
        ("S, M : 3; L:0\nEU-42:1", [("S", 3), ("M", 3), ("L", 0), ("EU-42", 1)]),
        ("One size:100", [("One size", 100)]),
        ("9.0-10:1", [("9", 1), ("10", 1)]),
    ],
)
def test_a_run_is_read_as_it_is_written(text, run):
    assert parse(text) == run


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("7-12", "“7-12” does not say how many pairs; write 7-12:20."),
        ("7:many", "“many” is not a number of pairs."),
        ("7:-1", "“-1” is not a number of pairs."),
        ("7:1000001", "“1000001” is not a number of pairs."),
        ("7:٣", "“٣” is not a number of pairs."),
        ("7,,8:1", "“” is not the name of a size."),
        ("12-7:1", "“12-7” is not a range of sizes."),
        ("7-12/0:1", "“7-12/0” is not a range of sizes."),
        ("1-999:1", "“1-999” is not a range of sizes."),
        ("7,8:1;8:2", "8 is in there twice."),
        ("1-40:1;41-80:1", "That makes more than 60 sizes."),
        ("x" * 21 + ":1", f"“{'x' * 21}” is not the name of a size."),
    ],
)
def test_what_is_no_run_says_why(text, complaint):
    with pytest.raises(NotARun) as refusal:
        parse(text)
    assert str(refusal.value) == complaint


def test_sizes_stand_by_their_number_and_names_behind_them(db):
    drop = make_drop({"10": 1, "Wide": 1, "9.5": 1, "9": 1})
    put_in_order(drop)
    assert [size.label for size in drop.sizes.all()] == ["9", "9.5", "10", "Wide"]
