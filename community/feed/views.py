"""The feed, one item of it, and what members do there. Forms work as plain POST and redirect."""

import uuid
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from community.accounts.linked_accounts import records_device
from community.feed import comments, likes, posts
from community.feed import items as feed
from community.feed.models import FeedItem
from community.people.models import Member
from dropshop.core.errors import DropshopError, NotFound
from dropshop.core.limits import limit, limited
from dropshop.core.members import Viewer
from dropshop.core.pages import member_of, paginate, shown_anew
from dropshop.core.posted import posted
from reservations.idempotency.keys import StoredResponse, key_of, run_once

TABS: dict[str, tuple[str, dict[str, Any]]] = {
    "": ("Everything", {}),
    "following": ("Following", {"following": True}),
    "drops": ("Drops", {"kind": "drop"}),
    "restocks": ("Restocks", {"kind": "restock"}),
    "trades": ("Trades", {"kind": "trade"}),
    "posts": ("Posts", {"kind": "post"}),
}


class FeedLine(NamedTuple):
    """An item as its fragment draws it: the row, for its sneaker's art, and the facts that everybody is told."""

    item: FeedItem
    facts: dict[str, Any]


def lines(items: list[FeedItem], viewer: Viewer) -> list[FeedLine]:
    """The items with their facts."""
    return [FeedLine(item, facts) for item, facts in zip(items, feed.feed_facts(items, viewer), strict=True)]


@shown_anew
@require_http_methods(["GET", "POST"])
def community(request: HttpRequest) -> HttpResponse:
    """What happened, newest first (GET); a new post (POST)."""
    if request.method == "POST":
        return write(request)
    return _page(request)


@login_required
@records_device
def write(request: HttpRequest) -> HttpResponse:
    """The post, once for each form; refused, the page says why and keeps what was typed."""
    text, key = request.POST.get("text", ""), request.POST.get("key")
    files = request.FILES.getlist("pictures")

    def act() -> StoredResponse:
        alt = request.POST.get("alt", "")
        return StoredResponse(303, str(posts.write(member_of(request), text=text, pictures=drawn, alt=alt).pk))

    try:
        limit("post", request)
        if files:
            limit("upload", request)
        drawn = posts.draw(files)
        run_once(key_of(member_of(request), key, "post", text), act)
    except DropshopError as refusal:
        return _page(request, refusal)
    return _go("/community/")


def _page(request: HttpRequest, refusal: DropshopError | None = None) -> HttpResponse:
    tab = request.GET.get("tab", "")
    if tab not in TABS:
        raise NotFound
    viewer = request.user
    if tab == "following" and not viewer.is_authenticated:
        return redirect_to_login(request.get_full_path())
    shown = paginate(request, feed.filtered(viewer, **TABS[tab][1]), feed.NEWEST)
    context = {
        "tabs": [(name, title) for name, (title, _) in TABS.items()],
        "tab": tab,
        "kind": TABS[tab][1].get("kind", ""),
        "lines": lines(shown.rows, viewer),
        "shown": shown,
        "is_first": "cursor" not in request.GET,
        "key": uuid.uuid4(),
        "refusal": refusal,
        "errors": refusal.facts.get("errors", {}) if refusal else {},
        "given": request.POST if refusal else {},
        "followed": _followed(member_of(request)) if tab == "following" else None,
    }
    return render(request, "community/feed/feed.html", context, status=refusal.status if refusal else 200)


def _followed(member: Member) -> list[str]:
    return list(member.follows.exclude(member=None).values_list("member__username", flat=True))


@shown_anew
@require_safe
def item(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One item with what was said under it last. Moderators see it also while it is hidden, with the trail."""
    return _item(request, pk)


def _item(request: HttpRequest, pk: UUID, refusal: DropshopError | None = None) -> HttpResponse:
    found, viewer = _found(request, pk), request.user
    shown = paginate(request, comments.visible(found, viewer), comments.NEWEST)
    (line,) = lines([found], viewer)
    context = {
        "line": line,
        "comments": comments.comment_facts(shown.rows[::-1]),
        "shown": shown,
        "refusal": refusal,
        "given": request.POST if refusal else {},
    }
    return render(request, "community/feed/item.html", context, status=refusal.status if refusal else 200)


def _found(request: HttpRequest, pk: UUID) -> FeedItem:
    if request.user.has_perm("community.moderate"):
        hidden = FeedItem.objects.filter(pk=pk, hidden=True).first()
        if hidden is not None:
            return hidden
    return feed.find_item(pk, viewer=request.user)


@posted("feed_item", "pk")
@login_required
@records_device
def comment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say something under the item."""
    try:
        limit("comment", request)
        said = comments.comment(pk, author=member_of(request), text=request.POST.get("text", ""))
    except NotFound:
        raise
    except DropshopError as refusal:
        return _item(request, pk, refusal)
    return _go(f"/community/{pk}/#c-{said.pk}")


@posted("feed_item", "pk")
@login_required
@limited("react")
@records_device
def like(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Like it (`liked` = 1), or remove the like; back to the page with the button."""
    deed = likes.like if request.POST.get("liked") == "1" else likes.unlike
    deed(pk, member=member_of(request))
    back = request.POST.get("back", "")
    return _go("/community/" if back == "feed" else f"/community/{pk}/")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("post")
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """My post in other words."""
    mine = FeedItem.objects.filter(pk=pk, author=member_of(request), kind="post", hidden=False).select_related("post").first()
    if mine is None or mine.post is None:
        raise NotFound("There is no such post of yours.")
    deed = partial(posts.edit, pk, author=member_of(request))
    return _edit(request, mine.post.text, posts.POST_MAX_LENGTH, mine.get_absolute_url(), deed)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@limited("comment")
def edit_comment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """My comment in other words."""
    mine = member_of(request).comments.filter(pk=pk, hidden=False, item__hidden=False).select_related("item").first()
    if mine is None:
        raise NotFound("There is no such comment of yours.")
    deed = partial(comments.edit, pk, author=member_of(request))
    return _edit(request, mine.text, comments.COMMENT_MAX_LENGTH, mine.item.get_absolute_url(), deed)


def _edit(request: HttpRequest, text: str, longest: int, back: str, deed: Any) -> HttpResponse:
    refusal = None
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            deed(text=text)
            return _go(back)
        except DropshopError as error:
            refusal = error
    context = {"text": text, "longest": longest, "back": back, "refusal": refusal}
    return render(request, "community/feed/edit.html", context, status=refusal.status if refusal else 200)


@posted("feed_item", "pk")
@login_required
@limited("post")
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """My post is gone, with its pictures."""
    posts.remove(pk, author=member_of(request))
    messages.success(request, "Your post was deleted.")
    return _go("/community/")


@posted("edit_comment", "pk")
@login_required
@limited("comment")
def remove_comment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """My comment is gone."""
    item = comments.remove(pk, author=member_of(request))
    messages.success(request, "Your comment was deleted.")
    return _go(item.get_absolute_url() if not item.hidden else "/community/")


def _go(address: str) -> HttpResponse:
    return HttpResponseRedirect(address, status=303)
