"""Parts of a page that the server draws anew: what somebody was doing there stays as it was."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from community.models import Restock
from tests.harness.shop import Shop
from tests.make import make_restock

Open = Callable[..., Page]

AWAY_AND_BACK = "document.dispatchEvent(new CustomEvent('live:back', { detail: {} }))"
# Every span of waiting is noted, and over at once; the dice always fall on the longest.
NOTE_THE_WAITING = """() => {
  window.waited = [];
  window.stayed = true;
  const real = window.setTimeout;
  window.setTimeout = (act, span, ...rest) => { window.waited.push(span); return real(act, Math.min(span, 50), ...rest); };
  Math.random = () => 0.999;
}"""


def test_a_reconnect_draws_the_list_anew_and_leaves_the_reader_where_they_were(
    shop: Shop, open_page: Open, alice: Any, bob: Any
) -> None:
    for number in range(12):
        make_restock(alice, note=f"Seen {number}")
    page = open_page("/restocks/", member=bob)
    rows = page.locator("[data-restocks] li")
    expect(rows).to_have_count(12)
    page.get_by_label("Size").fill("9.5")
    link = rows.nth(8).get_by_role("link")
    link.focus()
    page.evaluate(NOTE_THE_WAITING)
    top = page.evaluate("scrollY")
    assert top > 0

    Restock.objects.update(status="confirmed", confirmed_at="2026-01-01T00:00Z")
    page.evaluate(AWAY_AND_BACK)

    expect(rows.first).to_contain_text("Confirmed")
    assert 2997 in page.evaluate("window.waited.map(Math.floor)")  # three seconds for all who come back at once
    assert page.evaluate("window.stayed")
    assert page.evaluate("scrollY") == top
    expect(link).to_be_focused()
    expect(page.get_by_label("Size")).to_have_value("9.5")


def test_what_is_typed_and_folded_open_survives_when_its_surroundings_change(shop: Shop, open_page: Open, alice: Any) -> None:
    page = open_page("/notices/", member=alice)
    part = page.locator("live-part")
    page.evaluate(
        """() => {
          const part = document.querySelector("live-part");
          const fields = '<input id="kept" value=""><select id="chosen"><option>a<option>b</select>';
          const form = `<details><summary>More</summary>${fields}</details>`;
          part.innerHTML = form;
          window.show = (extra) => part.show(`<p>${extra}</p>` + form);
        }"""
    )
    page.get_by_text("More").click()
    page.locator("#kept").fill("Half a sentence")
    page.locator("#chosen").select_option("b")
    page.evaluate("window.show('Something came.')")
    expect(part).to_contain_text("Something came.")
    expect(page.locator("#kept")).to_have_value("Half a sentence")
    expect(page.locator("#chosen")).to_have_value("b")
    page.evaluate("document.querySelector('live-part').show('<p>All over.</p>')")
    expect(page.locator("#kept")).to_have_value("Half a sentence")
    expect(page.locator("toast-list")).to_contain_text("has changed. Load the page again to see it.")


def test_a_day_of_another_year_names_its_year(shop: Shop, open_page: Open, alice: Any) -> None:
    Restock.objects.filter(pk=make_restock(alice).pk).update(created_at="2019-03-04T12:00Z")
    page = open_page("/restocks/?status=all")
    expect(page.locator("[data-restocks] time", has_text="2019")).to_have_count(1)
