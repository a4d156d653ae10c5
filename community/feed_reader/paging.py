"""Whether an answer is one page of several: then what it lacks may stand on another."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dropshop.core.outbound.client import OutboundResponse

# Names in the address that ask for one page, and for so many of a page.
PAGES = {"page", "paged", "offset", "startindex", "skip", "cursor", "since_id", "page_info"}
LIMITS = {"limit", "per_page", "perpage", "page_size", "pagesize", "count", "rows", "first", "max-results"}
FIRST = {"", "0", "1"}  # of the pages, on which everything stands where there is but one
# Names in the answer, letters alone, that say that more follows, and how many there are in all.
MORE = {"next", "nextpage", "nextpageurl", "nexturl", "nextlink", "nextcursor", "nextpagetoken", "hasmore", "hasnext"}
MORE |= {"hasnextpage", "more", "morepages"}
TOTALS = {
    "total",
    "count",
    "totalcount",
    "totalresults",
    "totalitems",
    "totalproducts",
    "opensearchtotalresults",
    "productscount",
}
PAGE_COUNTS = {"pages", "totalpages", "pagecount", "lastpage"}
AROUND = ("pagination", "paging", "meta", "page_info", "pageInfo", "links", "_links", "info")
MIN_PAGE_SIZE = 10  # no shop shows fewer to a page
NEXT = re.compile(r'rel\s*=\s*"?\s*next\b', re.IGNORECASE)


def is_one_of_several(answer: OutboundResponse, listed: int) -> bool:
    """Whether the address, or a header, says so of an answer with so many products."""
    if NEXT.search(answer.headers.get("link", "")):
        return True
    asked = [(name.lower(), value) for name, value in parse_qsl(urlsplit(answer.url).query)]
    if any(name in PAGES and value not in FIRST for name, value in asked):
        return True
    return any(name in LIMITS and value.isdecimal() and len(value) < 9 and listed >= int(value) > 0 for name, value in asked)


def says_more(found: Mapping[str, Any], listed: int) -> bool:
    """Whether what stands beside the products, or around a feed's entries, says that there are more than these."""
    inner = [found[name] for name in AROUND if isinstance(found.get(name), Mapping)]
    if any(_says_more(part, listed) for part in [found, *inner]):
        return True
    links = found.get("links")
    return isinstance(links, list) and any(isinstance(link, Mapping) and link.get("rel") == "next" for link in links)


def _says_more(part: Mapping[str, Any], listed: int) -> bool:
    said = {re.sub(r"[\W_]", "", str(name)).lower(): value for name, value in part.items()}
    if any(said.get(name) for name in MORE):
        return True
    return any(_number(said.get(name)) > listed for name in TOTALS) or any(_number(said.get(name)) > 1 for name in PAGE_COUNTS)


def _number(found: Any) -> int:
    digits = str(found)
    return int(digits) if digits.isdecimal() and len(digits) < 10 else 0


def may_be_a_page(listed: int, most_listed: int) -> bool:
    """Whether a list of so many may be cut off at the end of a page, where it has never held more than `most_listed`.

    Nobody says how many a shop shows to a page. But a list that holds fewer than it has held before is not cut off.
    """
    return listed >= max(MIN_PAGE_SIZE, most_listed)
