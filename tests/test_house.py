"""How the house is laid out: what import-linter (`make arrows`) does not say."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from dropshop.machine.commands import BASE_DIR
from tests.harness.thorough import SLOW_TOGETHER

APPS = ("dropshop", "drops", "reservations", "community")
LINES = 300
FACES = ("models", "admin", "tasks", "urls", "apps", "templatetags", "management", "migrations")
# Whose package is more than its docstring: the Celery app, the settings, the admin of drops, and the names of the live push.
HAND_ON = {"dropshop/__init__.py", "dropshop/settings/__init__.py", "drops/admin/__init__.py", "dropshop/core/live/__init__.py"}
REQUIRED_BY_A_FRAMEWORK = {"Command", "Meta", "Migration"}


def sources(*folders: str) -> dict[str, Path]:
    """The modules of these folders (of our apps, where none is named), migrations excepted, by their path in the repository."""
    found = (path for folder in folders or APPS for path in (BASE_DIR / folder).rglob("*.py"))
    return {str(path.relative_to(BASE_DIR)): path for path in sorted(found) if "migrations" not in path.parts}


def texts() -> dict[str, str]:
    return {name: path.read_text() for name, path in sources().items()}


def trees() -> dict[str, ast.Module]:
    return {name: ast.parse(path.read_text()) for name, path in sources().items()}


def test_no_file_is_longer_than_three_hundred_lines():
    """Of the shop, and of its tests and its benchmark, too."""
    lengths = {name: len(path.read_text().splitlines()) for name, path in sources(*APPS, "tests", "bench").items()}
    assert {name: length for name, length in lengths.items() if length > LINES} == {}


def test_scripts_lie_in_folders_that_bear_the_names_of_rooms():
    rooms = {path.stem for app in (*APPS, "dropshop/core") for path in (BASE_DIR / app).iterdir()} | set(APPS)
    assert {path.name for path in (BASE_DIR / "static/js").iterdir() if path.is_dir()} - rooms == set()


def test_no_two_public_classes_have_one_name():
    places = defaultdict(list)
    for name, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in REQUIRED_BY_A_FRAMEWORK:
                places[node.name].append(name)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_packages_hold_their_docstring_and_nothing_else():
    packages = {name: tree.body for name, tree in trees().items() if name.endswith("__init__.py") and name not in HAND_ON}
    holding = {name for name, body in packages.items() if any(not isinstance(node, ast.Expr) for node in body)}
    assert holding == set()


@pytest.mark.parametrize("app", ["reservations", "community"])
def test_no_room_imports_a_face_of_its_own_app(app):
    """A room writes `community.trades.models`; `community.models` is for the apps above."""
    faces = {f"{app}.{face}" for face in FACES}
    wrong = {
        f"{name}: {node.module}"
        for name, tree in trees().items()
        if name.startswith(f"{app}/") and name.split("/")[1].removesuffix(".py") not in FACES
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in faces
    }
    assert wrong == set()


@pytest.mark.parametrize("place", SLOW_TOGETHER)
def test_what_make_thorough_runs_is_there(place):
    """A file that is moved, or a test that is renamed, would be run by neither or by both."""
    file, _, name = place.partition("::")
    path = BASE_DIR / file
    assert path.is_dir() if file.endswith("/") else f"def {name}" in path.read_text()


def test_what_docstrings_and_comments_name_is_there():
    """A dotted name in backticks that begins with one of our apps is a module, or something a module has."""
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): text for name, text in texts().items()}
    wrong = set()
    for name, text in texts().items():
        for path in re.findall(rf"`((?:{'|'.join(APPS)})(?:\.\w+)+)", text):
            parts = path.split(".")
            if parts[-1] == "css":  # a file
                continue
            module = next((".".join(parts[:end]) for end in range(len(parts), 0, -1) if ".".join(parts[:end]) in modules), "")
            rest = parts[len(module.split(".")) :] if module else parts
            if not module or (rest and not re.search(rf"\b{rest[0]}\b", modules[module])):
                wrong.add(f"{name}: {path}")
    assert wrong == set()
