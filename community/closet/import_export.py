"""Export and import of a closet as CSV, also as a spreadsheet saves it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models.functions import Upper

from community.closet import folders
from community.closet import pairs as closet
from community.closet.facts import in_closet_of
from community.closet.models import Pair, Visibility
from community.closet.pairs import PairChanges
from community.people.models import Member
from community.pricing.condition import Condition
from drops.models import Sneaker
from drops.sizes.values import InvalidSize, SizeSystem, read_size
from dropshop.core import csv_files
from dropshop.core.csv_files import Fault, plain
from dropshop.core.errors import DropshopError, Invalid
from dropshop.core.money import InvalidAmount, Money
from dropshop.core.price_text import read_price
from dropshop.core.spelling import spelled_plainly
from dropshop.core.text import clean_text

COLUMNS = ("sneaker", "size", "condition", "price", "currency", "notes", "folder", "visibility", "for_trade")
NEEDED = ("sneaker", "size", "condition")
FILE = "closet.csv"
MAX_ROWS = 1_000
MAX_FAULTS = 100
YES, NO = {"yes", "true", "1", "y"}, {"no", "false", "0", "n", ""}


@dataclass(slots=True)
class Plan:
    """What an import would do: a pair for each line, or nothing while there are faults."""

    lines: list[tuple[int, PairChanges]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    new_folders: list[str] = field(default_factory=list)
    known: int = 0  # of these pairs the closet has one in the same size already


def of(member: Member) -> str:
    """The member's whole closet as a sheet, the oldest pair first."""
    return export(in_closet_of(member).select_related("sneaker", "folder").order_by("created_at", "id"))


def export(pairs: Iterable[Pair]) -> str:
    """The sheet, with a line for each pair; their sneakers and folders are read with them."""
    return "".join(csv_files.lines(COLUMNS, map(_cells, pairs)))


def _cells(pair: Pair) -> tuple[str, ...]:
    money = pair.money
    return (
        pair.sneaker.style_code,
        pair.size,
        Condition(pair.condition).name.lower(),
        money.amount if money else "",
        money.currency if money else "",
        pair.notes,
        pair.folder.name if pair.folder else "",
        pair.visibility,
        "yes" if pair.for_trade else "no",
    )


def read(member: Member, text: str) -> Plan:
    """What importing this sheet into the member's closet would do. Raises Invalid for what is no sheet at all."""
    rows = csv_files.rows(text, is_header=lambda names: names.issuperset(NEEDED))
    line, names = next(rows, (1, []))
    columns = [spelled_plainly(name) for name in names]
    plan = Plan(faults=_header_faults(line, columns))
    if plan.faults:
        return plan
    cells = [(line, dict(zip(columns, row, strict=False)), len(row)) for line, row in rows if any(row)]
    if len(cells) > MAX_ROWS:
        raise Invalid(errors={"sheet": [f"At most {MAX_ROWS:,} pairs at once; these are {len(cells):,}."]})
    codes = {_code(row.get("sneaker", "")) for _, row, _ in cells}
    by_code = Sneaker.objects.annotate(upper=Upper("style_code")).filter(upper__in=codes)
    sneakers = {_code(sneaker.style_code): sneaker for sneaker in by_code}
    for line, row, width in cells:
        if width != len(columns):
            plan.faults.append(Fault(line, "", f"{width} columns where the first line has {len(columns)}."))
            continue
        changes, faults = _line(line, row, sneakers)
        plan.faults += faults
        plan.lines.append((line, changes))
    _foresee(member, plan)
    return plan


def _code(cell: str) -> str:
    """A style code for comparing: what was pasted may hold another hyphen, or what cannot be seen."""
    return spelled_plainly(plain(cell.strip())).upper()


def _header_faults(line: int, columns: list[str]) -> list[Fault]:
    missing = [Fault(line, name, "This column is missing.") for name in NEEDED if name not in columns]
    unknown = [Fault(line, name, "No such column.") for name in columns if name not in COLUMNS]
    twice = [Fault(line, name, "This column appears twice.") for name in COLUMNS if columns.count(name) > 1]
    return missing + unknown + twice


def _line(line: int, row: dict[str, str], sneakers: Mapping[str, Sneaker]) -> tuple[PairChanges, list[Fault]]:
    """What one line says, and everything that is wrong with it."""
    faults: list[Fault] = []

    def cell(name: str) -> str:
        text = plain(row.get(name, ""))
        return text if name == "notes" else text.strip()

    def wrong(column: str, says: str) -> None:
        faults.append(Fault(line, column, says))

    sneaker = sneakers.get(_code(cell("sneaker")))
    if sneaker is None:
        wrong("sneaker", f"No sneaker in the catalogue has the style code “{cell('sneaker')[:40]}”.")
    size = ""
    try:
        size = read_size(cell("size"), sneaker.size_system if sneaker else SizeSystem.US_MEN)
    except InvalidSize as refusal:
        wrong("size", str(refusal))
    condition = cell("condition").lower().replace(" ", "_").upper()
    if condition not in Condition.__members__:
        wrong("condition", "One of new, like_new, good, worn.")
    if (seen := cell("visibility").lower() or Visibility.PRIVATE.value) not in Visibility.values:
        wrong("visibility", "One of private, members, public.")
    if (trade := cell("for_trade").lower()) not in YES | NO:
        wrong("for_trade", "yes or no.")
    if trade in YES and seen == Visibility.PRIVATE:
        wrong("for_trade", "A pair for trade must be visible to members or public.")
    said: dict[str, Any] = {"notes": cell("notes"), "folder": cell("folder")}
    for name, tidy in (("notes", _notes), ("folder", _folder)):
        try:
            said[name] = tidy(said[name])
        except Invalid as refusal:
            wrong(name, _words(refusal))
    money = None
    if cell("price"):
        currency = cell("currency").upper() or (sneaker.currency if sneaker else "USD")
        money = _money(cell("price"), currency)
        if money is None:
            wrong("price", f"“{cell('price')[:20]}” is not an amount in {currency[:3]}, such as 180.00.")
    if faults or sneaker is None:
        return {}, faults
    changes: PairChanges = {
        "sneaker": sneaker,
        "size": size,
        "condition": Condition[condition],
        "price": money,
        "notes": said["notes"],
        "folder": said["folder"],
        "visibility": Visibility(seen),
        "for_trade": trade in YES,
    }
    return changes, []


def _notes(text: str) -> str:
    return clean_text(text, limit=1000, field="notes", required=False)


def _folder(name: str) -> str:
    return folders.tidy(name) if name else ""


def _money(amount: str, currency: str) -> Money | None:
    try:
        money = read_price(amount, currency, named=False)
    except InvalidAmount:
        return None
    return money if money.minor else None


def _words(refusal: DropshopError) -> str:
    return " ".join(word for words in refusal.facts["errors"].values() for word in words)


def _foresee(member: Member, plan: Plan) -> None:
    """Which folders would be new, and how many of these pairs look like one that is there."""
    there = {name.lower() for name in member.folders.values_list("name", flat=True)}
    named = {changes["folder"].lower(): changes["folder"] for _, changes in plan.lines if changes.get("folder")}
    plan.new_folders = sorted(name for lower, name in named.items() if lower not in there)
    mine = set(in_closet_of(member).values_list("sneaker", "size"))
    plan.known = sum((changes["sneaker"].pk, changes["size"]) in mine for _, changes in plan.lines if changes)


def carry_out(member: Member, text: str) -> list[Pair]:
    """A pair for each line of the sheet, or none at all. Raises Invalid (`faults`: line, column, says), Forbidden."""
    plan = read(member, text)
    if plan.faults:
        raise Invalid("Nothing was changed.", faults=[fault._asdict() for fault in plan.faults[:MAX_FAULTS]])
    return closet.add_each(member, [changes for _, changes in plan.lines])
