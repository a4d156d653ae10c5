"""Forms as a browser sends them: what stands in the page, with what staff typed."""

from html.parser import HTMLParser
from typing import Any

from django.urls import reverse


class _Fields(HTMLParser):
    """The successful controls of the page's form with this id."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside, self.found = form, False, {}
        self.select = self.textarea = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        if tag == "form":
            self.inside = given.get("id") == self.form or (given.get("class") or "") == self.form
        if not self.inside:
            return
        name, kind = given.get("name"), given.get("type", "text")
        if tag == "input" and name and kind not in {"submit", "button", "file"}:
            if kind not in {"checkbox", "radio"} or "checked" in given:
                self.found[name] = given.get("value") or ("on" if kind in {"checkbox", "radio"} else "")
        elif tag == "select":
            self.select = name
            self.found[name] = ""
        elif tag == "option" and self.select and "selected" in given:
            self.found[self.select] = given.get("value") or ""
        elif tag == "textarea":
            self.textarea = name
            self.found[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.textarea = None

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.found[self.textarea] += data.removeprefix("\n")


def fields(response: Any, form: str) -> dict[str, str]:
    """What the form of this id (or class) would send if nobody touched it."""
    assert response.status_code == 200, response
    parser = _Fields(form)
    parser.feed(response.content.decode())
    assert parser.found, f"There is no form {form!r} on the page."
    return parser.found


def errors(response: Any) -> list[str]:
    """Every error the page shows, in order."""
    assert response.status_code == 200, response
    context = response.context
    form = context["adminform"].form if "adminform" in context else context["form"]
    sets = [inline.formset for inline in context.get("inline_admin_formsets", [])]
    found = [text for texts in form.errors.values() for text in texts]
    for formset in sets:
        found += [text for errors in formset.errors for texts in errors.values() for text in texts]
        found += list(formset.non_form_errors())
    return [str(text) for text in found]


def change_address(drop: Any) -> str:
    """Where the admin changes this drop."""
    return reverse("admin:drops_drop_change", args=[drop.pk])
