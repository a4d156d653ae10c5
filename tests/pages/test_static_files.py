"""What browsers are sent in production: one style sheet, and names that change with their content."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dropshop.machine.commands import BASE_DIR

LIGHT = 150_000  # bytes, compressed: the whole of a drop page's font, style and modules (design: Weight)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `collectstatic` fills."""
    state = tmp_path_factory.mktemp("state")
    environment = os.environ | {"DROPSHOP_STATE": str(state)}
    command = [sys.executable, str(BASE_DIR / "manage.py"), "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, check=True, env=environment, cwd=BASE_DIR)
    return state / "static"


@pytest.fixture(scope="module")
def names(collected: Path) -> dict[str, str]:
    return json.loads((collected / "staticfiles.json").read_text())["paths"]


@pytest.mark.parametrize(("name", "least"), [("app", 30), ("community", 12)])
def test_a_style_sheet_is_one_file_with_every_component_in_its_layer(
    collected: Path, names: dict[str, str], name: str, least: int
) -> None:
    sheet = (collected / names[f"css/{name}.css"]).read_text()
    assert "@import" not in sheet
    components = re.findall(r'@import url\("([\w-]+\.css)"\)', (BASE_DIR / f"static/css/{name}.css").read_text())
    assert len(components) >= least
    for component in components:
        rule = max((BASE_DIR / "static/css" / component).read_text().splitlines(), key=len)
        assert rule in sheet or "url(" in rule


def test_modules_import_each_other_by_their_collected_names(collected: Path, names: dict[str, str]) -> None:
    for source, name in names.items():
        if source.startswith("js/"):
            text = (collected / name).read_text()
            for imported in re.findall(r'^import [^;]*?"(\.\.?/[^"]+)";', text, re.MULTILINE):
                place = os.path.normpath(Path(name).parent / imported)
                assert place in names.values(), f"{source} imports {imported}"


def imports(name: str) -> set[str]:
    """The modules that this one imports, as paths below static/js."""
    text = (BASE_DIR / "static/js" / name).read_text()
    found = re.findall(r'^import [^;]*?"(\.\.?/[^"]+)";', text, re.MULTILINE)
    return {os.path.normpath(Path(name).parent / path) for path in found}


def modules_of_every_page() -> set[str]:
    """`app.js` and what it imports, directly or not; other modules belong to the pages that name them."""
    found, new = set(), {"app.js"}
    while new:
        found |= new
        new = {imported for name in new for imported in imports(name)} - found
    return found


def test_every_module_is_asked_for_at_once() -> None:
    preloaded = set(re.findall(r'"js/([\w/-]+\.js)"', (BASE_DIR / "templates/_modules.html").read_text()))
    assert len(preloaded) > 20
    assert preloaded == modules_of_every_page()


def test_font_style_and_modules_of_a_drop_page_are_light(collected: Path, names: dict[str, str]) -> None:
    sources = {f"js/{module}" for module in [*modules_of_every_page(), "early.js"]} | {"css/app.css"}
    parts = [names[source] for source in sources]
    font = [name for source, name in names.items() if source.endswith(".woff2") and "archivo" in source]
    weight = sum(len(gzip.compress((collected / name).read_bytes())) for name in parts + font)
    assert weight < LIGHT


def test_vendored_files_are_what_their_checksums_say() -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], check=True, cwd=BASE_DIR / "static/vendor")
