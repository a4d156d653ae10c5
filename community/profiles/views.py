"""The page of a member, and what another member does there."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from community.feed import items
from community.feed.views import lines
from community.karma import levels
from community.karma.levels import level_of
from community.people import follows, relations
from community.people.models import Block, Member, Mute
from community.restocks.facts import NOBODY, records_of
from community.trades.ratings import ratings_of
from dropshop.core.errors import NotFound
from dropshop.core.limits import limited
from dropshop.core.members import Viewer, signed_in
from dropshop.core.pages import member_of, paginate, shown_anew
from dropshop.core.posted import posted

DEEDS = {
    "follow": (lambda member, other: follows.follow(member, member=other), "You follow {}."),
    "unfollow": (lambda member, other: follows.unfollow(member, member=other), "You no longer follow {}."),
    "block": (relations.block, "You and {} no longer see each other."),
    "unblock": (relations.unblock, "You and {} see each other again."),
    "mute": (relations.mute, "You no longer see what {} writes. They are not told."),
    "unmute": (relations.unmute, "You see what {} writes again."),
}


@shown_anew
@require_safe
def member(request: HttpRequest, username: str) -> HttpResponse:
    """Who this is, as far as the viewer may know."""
    viewer = request.user
    other = relations.find_member(username, viewer=viewer)
    context: dict[str, Any] = {"other": other, **_between(viewer, other)}
    if not context["is_blocked"]:
        shown = paginate(request, items.filtered(viewer, author=other.username), items.NEWEST)
        context |= {"shown": shown, "lines": lines(shown.rows, viewer), "level": level_of(other)}
        context |= {"record": records_of([other.pk]).get(other.pk, NOBODY), "ratings": ratings_of(other, viewer=viewer)}
        context["links"] = other.pk in levels.may_post_links([other.pk])
    return render(request, "community/profiles/member.html", context)


def _between(viewer: Viewer, other: Member) -> dict[str, bool]:
    """Whether the viewer follows, mutes or blocks this member."""
    member = signed_in(viewer)
    if member is None:
        return {"is_blocked": False, "is_muted": False, "is_followed": False}
    return {
        "is_blocked": Block.objects.filter(blocker=member, blocked=other).exists(),
        "is_muted": Mute.objects.filter(muter=member, muted=other).exists(),
        "is_followed": member.follows.filter(member=other).exists(),
    }


@posted("member", "username")
@login_required
@limited("react")
def deed(request: HttpRequest, username: str, word: str) -> HttpResponse:
    """Follow, block or mute this member, or undo it."""
    if word not in DEEDS:
        raise NotFound
    act, words = DEEDS[word]
    other = (
        relations.find_member(username)
        if word in {"unblock", "unmute"}
        else relations.find_member(username, viewer=request.user)
    )
    act(member_of(request), other)
    messages.success(request, words.format(other.username))
    back = "/accounts/profile/" if request.POST.get("back") == "profile" else f"/members/{other.username}/"
    return HttpResponseRedirect(back, status=303)
