"""A size is a value (S6): one spelling for one size within a size system, and nothing guessed."""

import pytest

from drops.sizes.labels import in_order, possible_labels
from drops.sizes.values import InvalidSize, SizeSystem, own_size, read_size

MEN, WOMEN, YOUTH = SizeSystem.US_MEN, SizeSystem.US_WOMEN, SizeSystem.US_YOUTH
UK, EU, CM, ONE = SizeSystem.UK, SizeSystem.EU, SizeSystem.CM, SizeSystem.ONE_SIZE


def spelled(*texts):
    return pytest.mark.parametrize("text", texts, ids=[ascii(text)[:60] for text in texts])


@spelled(
    *("9.5", "9,5", "9.50", "09.5", " 9.5 ", "US 9.5", "us9.5", "9.5 US", "９.５", "٩٫٥", "9 1/2", "9½", "9\u200b.5"),
    *("Men’s 9.5", "men's 9.5", "US M 9.5", "M 9.5", "9.5M", "US Men's 9.5", "Size 9.5", "size: 9.5", "M 9.5 / W 11"),
    *("EU 43 / US 9.5", "US 9.5 (UK)"[:6], "9\u00a0.5".replace("\u00a0", "")),
)
def test_all_spellings_of_one_size_are_one_value(text):
    assert read_size(text, MEN) == "9.5"


@pytest.mark.parametrize(
    ("text", "system", "label"),
    [
        ("42 2/3", EU, "42 2/3"), ("42⅔", EU, "42 2/3"), ("42.67", EU, "42 2/3"), ("42,7", EU, "42 2/3"),
        ("41.3", EU, "41 1/3"),
        ("EU 42.5", EU, "42.5"), ("40", EU, "40"), ("EUR 40", EU, "40"), ("Men's 42", EU, "42"), ("EU 42", MEN, "EU 42"),
        ("eu-42", MEN, "EU 42"), ("UK8.5", MEN, "UK 8.5"), ("8,5 uk", UK, "8.5"), ("27.5", CM, "27.5"), ("275 mm", CM, "27.5"),
        ("27,5 cm", MEN, "27.5 cm"), ("JP 27.5", CM, "27.5"), ("6Y", MEN, "6Y"), ("6y", MEN, "6Y"), ("6", YOUTH, "6Y"),
        ("GS 6", MEN, "6Y"), ("10C", YOUTH, "10C"), ("10 c", MEN, "10C"), ("10W", MEN, "10W"), ("WMNS 10", MEN, "10W"),
        ("10", WOMEN, "10"), ("US 10", WOMEN, "10"), ("US M 9", EU, "US M 9"), ("Men's 9 / Women's 10.5", WOMEN, "10.5"),
        ("One Size", MEN, "One size"), ("OS", ONE, "One size"), ("one  size", EU, "One size"), ("s", MEN, "S"),
        ("xxl", MEN, "2XL"), ("2XL", MEN, "2XL"), ("XL", MEN, "XL"), ("0", MEN, "0"),
    ],
    ids=lambda value: ascii(str(value)),
)  # fmt: skip
def test_a_size_is_read_in_its_system(text, system, label):
    assert read_size(text, system) == label
    assert read_size(label, system) == label  # what is stored reads as itself


@spelled(
    *(
        "",
        " ",
        "9.5.5",
        "nine",
        "9-10",
        "38/39",
        "9 / 10",
        "42 2/3",
        "36 2/3",
        "9.3",
        "9.25",
        "26",
        "42",
        "-9",
        "9 D",
        "9.5 wide",
    ),
    *(
        "7-12:20",
        "9;10",
        "9.5 US UK",
        "EU 9.5",
        "EU 42.2",
        "UK 33",
        "99999",
        "9 5",
        "9 3/2",
        "9 1/0",
        "\u200b",
        "1e1",
        "US",
        "x" * 300,
    ),
    *("1" * 5000, "US W M 9", "M 9 / M 10", "½"),
)
def test_what_cannot_be_known_is_refused(text):
    with pytest.raises(InvalidSize):
        read_size(text, MEN)


@spelled("09. Mai", "10.Mai", "5-Oct", "10.05.2026", "Sep 5", "9-May", "2026-05-09", "05/09/26", "10. März", "9.Okt")
def test_what_a_spreadsheet_made_a_date_of_is_called_a_date(text):
    with pytest.raises(InvalidSize, match="is a date"):
        read_size(text, MEN)


def test_an_american_size_without_for_whom_is_not_guessed_elsewhere():
    for system in (EU, UK, CM, ONE):
        with pytest.raises(InvalidSize):
            read_size("US 9.5", system)
    with pytest.raises(InvalidSize):
        read_size("9.5", ONE)
    with pytest.raises(InvalidSize):
        read_size("12", YOUTH)  # 12C, or no youth size at all


def test_a_size_of_another_system_is_not_the_sneakers_own():
    assert own_size("9,5 US", MEN) == "9.5"
    assert own_size("10C", YOUTH) == "10C"
    assert own_size("OS", MEN) == "One size"
    assert own_size("6Y", MEN) == "6Y"
    for text in ("EU 42", "UK 8", "27.5 cm"):
        with pytest.raises(InvalidSize):
            own_size(text, MEN)


def test_a_refusal_says_what_was_typed():
    with pytest.raises(InvalidSize) as refusal:
        read_size("7-12:20", MEN)
    assert str(refusal.value) == "“7-12:20” is not the name of a size."


def test_sizes_stand_from_small_to_large():
    mixed = ["10", "Wide", "2XL", "0", "EU 42", "9.5", "One size", "6Y", "M", "10C", "S", "9", "42 2/3", "XS", "XL", "42"]
    assert in_order(mixed) == [
        *("10C", "6Y", "0", "9", "9.5", "10", "42", "42 2/3", "EU 42", "XS", "S", "M", "XL", "2XL", "One size", "Wide"),
    ]


def test_who_names_no_sneaker_may_mean_a_size_of_any_system():
    assert possible_labels("9,5") == {"9,5", "9.5"}
    assert possible_labels("6") == {"6", "6Y"}
    assert possible_labels("42.7") == {"42.7", "42 2/3"}
    assert possible_labels("Wide") == {"Wide"}
