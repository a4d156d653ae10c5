"""What the documents promise about the ground the shop stands on."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from dropshop.core import hooks
from dropshop.machine.commands import BASE_DIR, MAILER, READER, REQUESTS, SWEEPER, WORKER

DOCUMENTS = [BASE_DIR / "README.md", *sorted((BASE_DIR / "docs").glob("*.md"))]
# What stands at the top of the repository: a path that begins so is meant from there.
ROOMS = "dropshop|drops|reservations|community|templates|static|tests|bench|deploy|docs"
PATH = re.compile(rf"`((?:{ROOMS})/[^`\s*<{{…]*)[^`]*`")
TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)


def test_every_variable_that_the_settings_read_is_in_the_table():
    files = (BASE_DIR / "dropshop" / "settings").glob("*.py")
    read = {name for file in files for name in re.findall(r'\benv(?:_\w+)?\("(\w*[A-Z])"', file.read_text())}
    told = set(re.findall(r"`(\w+)`", (BASE_DIR / "docs" / "running.md").read_text()))
    assert read - told == set()


def test_make_says_what_it_can_make():
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=BASE_DIR, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split("\t")[0].strip() for line in said.splitlines()] == [
        "make help",
        "make run",
        "make forget-demo",
        "make test",
        "make thorough",
        "make soak",
        "make bench",
        "make lint",
        "make lock",
    ]


def test_every_queue_is_emptied_by_a_worker_of_its_own_here_and_in_containers():
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    here = [command[command.index("-Q") + 1] for command in (WORKER, READER, MAILER, REQUESTS, SWEEPER)]
    apart = re.findall(r'"-Q", "(\w+)"', (BASE_DIR / "docker-compose.yml").read_text())
    assert sorted(here) == sorted(apart) == sorted(routed)


def test_every_document_is_linked_from_the_readme():
    linked = set(re.findall(r"\(docs/(\w+\.md)\)", DOCUMENTS[0].read_text()))
    assert linked == {path.name for path in DOCUMENTS[1:]}


def is_there(path):
    """A file, a folder, or a module named without its ending."""
    return (BASE_DIR / path).exists() or (BASE_DIR / f"{path}.py").is_file()


@each_document
def test_every_path_that_a_document_names_is_there(document):
    assert [path for path in PATH.findall(document.read_text()) if not is_there(path)] == []


NAMED = re.compile(r"`([\w/.-]+/[\w.-]+\.(?:py|js))`((?:,?\s`\w+`)+)")


@each_document
def test_every_name_behind_a_file_stands_in_it(document):
    told = [(file, name) for file, names in NAMED.findall(document.read_text()) for name in re.findall(r"`(\w+)`", names)]
    assert [(file, name) for file, name in told if not re.search(rf"\b{name}\b", (BASE_DIR / file).read_text())] == []


EXAMPLES = {"test_a_killed_web_server_loses_no_hold", "test_ok"}  # a test that nobody has written, a token of the bank


@each_document
def test_every_test_that_a_document_names_is_there(document):
    files = [*(BASE_DIR / "tests").rglob("*.py")]
    there = " ".join([path.stem for path in files] + [name for path in files for name in TEST.findall(path.read_text())])
    named = re.findall(r"\b(test_\w+)", " ".join(re.findall(r"`[^`\n]*`", document.read_text())))
    assert [name for name in named if name not in there and name not in EXAMPLES] == []


@each_document
def test_no_line_of_prose_is_long(document):
    lines = document.read_text().splitlines()
    assert [line for line in lines if len(line) > 150 and not line.startswith(("|", "   |"))] == []


def rows_of(document, heading):
    """The cells of the tables below this heading, up to the next one of its level."""
    level = heading.split()[0]
    section = re.split(rf"^{level} ", document.read_text().split(f"\n{heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")]


def test_where_is_what_is_answered_truly():
    answers = rows_of(BASE_DIR / "docs" / "contributing.md", "## Where is …?")[1:]
    wrong = [asked for asked, file, name in answers if name.strip("`") not in (BASE_DIR / file.strip("`")).read_text()]
    assert (len(answers), wrong) == (20, [])


def test_every_hook_is_in_the_table():
    hook = re.compile(r"^(\w+)(?:: (?:Hook|Registry)\[.*\])? = (?:Hook|Registry)\(", re.MULTILINE)
    apps = ("dropshop", "drops", "reservations", "community")
    sources = [path for app in apps for path in (BASE_DIR / app).rglob("*.py") if path != Path(hooks.__file__)]
    declared = [(name, f"{path.relative_to(BASE_DIR)}") for path in sources for name in hook.findall(path.read_text())]
    table = rows_of(BASE_DIR / "docs" / "architecture.md", "## Hooks")[1:]
    told = [(name.split("`")[1], file.strip("`")) for name, _, file, _ in table]
    assert sorted(told) == sorted([*declared, ("after_migrate", "dropshop/core/hooks.py")])


def test_every_limit_is_in_the_table_with_its_rates():
    table = {row[0].split()[0].rstrip(":,"): row for row in rows_of(BASE_DIR / "docs" / "operations.md", "## Limits")}
    rates = {name: {*scopes.values()} for name, scopes in settings.LIMITS.items()}
    told = {name: {*re.findall(r"\d+/\d+[smhd]", " ".join(table.get(name, [])))} for name in rates}
    assert {name: wanted - told[name] for name, wanted in rates.items() if wanted - told[name]} == {}


# Where packages come from is for each machine to say: files name packages, never the servers of an index.
HOSTS = [
    b".".join(parts) for parts in ((b"pypi", b"org"), (b"pythonhosted", b"org"), (b"registry", b"npmjs"), (b"deb", b"debian"))
]


def test_no_file_names_a_server_that_packages_come_from():
    rooms = [path for room in ROOMS.split("|") for path in (BASE_DIR / room).rglob("*") if "__pycache__" not in path.parts]
    files = [path for path in [*BASE_DIR.glob("*"), *rooms] if path.is_file()]
    assert len(files) > 1000
    assert [str(path.relative_to(BASE_DIR)) for path in files if any(host in path.read_bytes() for host in HOSTS)] == []
