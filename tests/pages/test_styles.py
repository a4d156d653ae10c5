"""How style sheets are written: sizes, times and colours come from tokens.css, and queries ask for its breakpoints."""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from dropshop.machine.commands import BASE_DIR

STYLES = BASE_DIR / "static/css"
SHARES = ("%", "cqi", "vw", "vh")  # of the room there is
UNITS = "px|rem|em|ch|ex|pt|cm|mm|in|vw|vh|svh|dvh|lvh|vmin|vmax|cqi|cqb|%|ms|s"
LITERAL = re.compile(rf"(?<![\w#.-])-?(?:\d*\.)?\d+(?:{UNITS})(?![\w%])")
PLAIN = {"1px", "50%", "100%", "-100%", "100svh", "100dvh", "0s"}  # a hairline, the middle, the whole, and nothing
# What a token would only give a second name to: (file, literal) -> why it stands there.
ONE_OF_A_KIND = {
    ("admin.css", "90rem"): "lists of the admin, whose columns are many",
    ("art.css", "4%"): "the drawing's distance from its frame",
    ("bar.css", "11.5rem"): "measured: what stands beside the wordmark on the narrowest phone",
    ("bar.css", "19.6rem"): "measured: all of the bar but the member's name",
    ("bar.css", "14ch"): "the longest name of a member that is shown whole",
    ("hero.css", "108%"): "the drawing reaches out of its column",
    ("hero.css", "-4%"): "the drawing reaches out of its column",
    ("decision.css", "32rem"): "measured: a hold, whose room is kept free for it",
    ("decision.css", "35rem"): "measured: the same in one column",
    ("queue.css", "40rem"): "measured: a place that waits, so that nothing below it moves when the drop starts",
    ("bought.css", "8.5rem"): "measured: three buyers, whose room is kept free for them",
}
TOKENS_ALONE = ("font-size", "line-height", "letter-spacing", "z-index", "text-underline-offset")


def written(name: str) -> str:
    """A style sheet without its comments and its descriptions of fonts."""
    return re.sub(r"/\*.*?\*/|@font-face\s*\{[^}]*\}", "", (STYLES / name).read_text(), flags=re.DOTALL)


SHEETS = sorted(path.name for path in STYLES.glob("*.css") if path.name != "tokens.css")


def declarations(text: str) -> Iterator[tuple[str, str]]:
    """Each property and its value."""
    return (found.groups() for found in re.finditer(r"([\w-]+):\s*([^;{}]+)[;}]", text))  # type: ignore[misc]


def literals(text: str) -> list[str]:
    """The sizes, times and colours of a style sheet that are no tokens, each with its property."""
    return [f"{name}: {value}" for name, whole in declarations(text) for value in _literals_of(name, whole)]


def _literals_of(name: str, value: str) -> Iterator[str]:
    bounded = re.search(r"\b(clamp|min|max)\(", value)  # a share of the room, between two tokens
    colours = re.search(r"color-mix|rgb|gradient", value)
    for literal in LITERAL.findall(value):
        grows = literal.endswith("em") and not literal.endswith("rem") and name not in TOKENS_ALONE[1:]  # with its own text
        share = (bounded and literal.endswith(SHARES)) or (colours and literal.endswith("%"))
        if literal not in PLAIN and not grows and not share:
            yield literal
    yield from re.findall(r"#[0-9a-f]{3,8}\b", value)
    if name in TOKENS_ALONE and re.fullmatch(r"-?[\d.]*[1-9]", value):
        yield value


def test_sizes_times_and_colours_are_tokens() -> None:
    found = {(name, line.split(": ")[1]) for name in SHEETS for line in literals(written(name))}
    assert found == set(ONE_OF_A_KIND)


@pytest.mark.parametrize(
    "rule",
    [
        *(".a { margin: 0 13px; }", ".a { gap:.7rem }", ".a { color: #fff; }", ".a { z-index: 3; }"),
        *(".a { line-height: 1.4; }", ".a { & b { padding: 1em 5px; } }"),
        *(".a { transition: color 150ms; }", ".a { inline-size: calc(100% - 3rem); }", ".a { letter-spacing: -0.02em; }"),
        *(".a { inline-size: 62%; }", ".a { inline-size: clamp(1rem, 3vw, var(--space-32)); }"),
    ],
)
def test_a_literal_is_found(rule: str) -> None:
    """The control."""
    assert len(literals(rule)) == 1


@pytest.mark.parametrize(
    "rule",
    [
        *(".a { margin: 0 var(--space-8); }", ".a { border: 1px solid var(--line); }", ".a { inline-size: 100%; }"),
        *(".a { line-height: 0; }", ".a { margin-block: 0.3em; }", ".a { block-size: min(60vh, var(--size-544)); }"),
        *(".a { background: color-mix(in oklab, var(--ink) 5%, transparent); }", ".a { grid-template-columns: 1fr 2fr; }"),
    ],
)
def test_what_is_no_literal_is_not_found(rule: str) -> None:
    assert literals(rule) == []


def test_every_token_is_there_and_is_used() -> None:
    tokens = set(re.findall(r"(--[\w-]+):", written("tokens.css")))
    texts = {name: written(name) for name in [*SHEETS, "tokens.css"]}
    used = {name: set(re.findall(r"var\((--[\w-]+)", text)) for name, text in texts.items()}
    own = {name: set(re.findall(r"(--[\w-]+):", text)) for name, text in texts.items()}
    everywhere = set().union(*own.values())
    assert set().union(*used.values()) - everywhere == set()
    assert tokens - set().union(*used.values()) == set()


def test_queries_ask_for_the_breakpoints_and_no_other_width() -> None:
    (said,) = re.findall(r"/\* Breakpoints\..*?\*/", (STYLES / "tokens.css").read_text(), re.DOTALL)
    breakpoints = set(re.findall(r"\d+rem", said))
    queries = [query for name in SHEETS for query in re.findall(r"@(?:media|container)[^{]*", written(name))]
    assert {width for query in queries for width in LITERAL.findall(query)} == breakpoints


def test_containers_are_three() -> None:
    widths = re.findall(r"(--[\w-]+): ([\d.]+)rem;", written("tokens.css"))
    assert {name for name, width in widths if float(width) > 40} == {"--read", "--work", "--show"}


def roots(text: str) -> Iterator[str]:
    """The class or the custom element that each rule begins with; rules inside a rule belong to it."""
    inside: list[str] = []
    for before, brace in re.findall(r"([^{}]*)([{}])", text):
        if brace == "}":
            inside.pop()
            continue
        rule = re.split(r";", before)[-1].strip()
        if all(outer.startswith("@") for outer in inside) and not rule.startswith("@"):
            for selector in _without_brackets(rule).split(","):
                yield from re.findall(r"^(?:\.[\w-]+|[a-z]+-[a-z-]+)", selector.strip())
        inside.append(rule)


def _without_brackets(rule: str) -> str:
    """The rule without what stands in brackets, however deep."""
    shorter = re.sub(r"\([^()]*\)", "", rule)
    return rule if shorter == rule else _without_brackets(shorter)


def test_each_component_is_styled_in_one_file() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for name in sorted(set(SHEETS) - {"admin.css"}):  # the admin's pages load that alone
        for root in roots(written(name)):
            places[root].add(name)
    assert {root: files for root, files in places.items() if len(files) > 1} == {}


def test_the_root_of_a_rule_is_what_it_begins_with() -> None:
    """The control."""
    text = ".a { & b { gap: 0; } } @media print { .c, my-part .d { gap: 0; & .e { gap: 0; } } } :is(.g:has(b), p) { gap: 0; }"
    assert list(roots(text)) == [".a", ".c", "my-part"]


def test_every_style_sheet_is_part_of_one() -> None:
    """Of the shop's or of the community's; the admin's and the API's pages load theirs by name."""
    entries = written("app.css") + written("community.css")
    alone = {"app.css", "community.css", "admin.css", "api-docs.css"}
    assert sorted(re.findall(r'url\("([\w-]+\.css)"\)', entries)) == sorted({*SHEETS, "tokens.css"} - alone)
