"""What templates write is escaped."""

from pathlib import Path

TEMPLATES = Path(__file__).parents[2] / "templates"


def test_no_template_trusts_a_text():
    found = [
        str(path) for path in TEMPLATES.rglob("*.html") if "|safe" in (text := path.read_text()) or "autoescape off" in text
    ]
    assert found == []
