"""Notices to members whom somebody has mentioned."""

from typing import Any

from django.db.models.functions import Lower

from community.notifications import notices
from community.notifications.throttle import within_notice_limit
from community.people.models import Member
from community.people.relations import hidden_of
from dropshop.core.text import mentioned_names


def notify_mentioned(author: Member, text: str, *, cause: str, where: str, url: str) -> set[Any]:
    """A notice for each member whom the text names by @name: at most ten, once per cause, not the author, and nobody who
    must not see the author. Gives their ids.
    """
    names = [name.lower() for name in mentioned_names(text)]
    if not names:
        return set()
    named = Member.objects.annotate(name=Lower("username")).filter(name__in=names, is_active=True).exclude(pk=author.pk)
    wanted = set(named.values_list("pk", flat=True)) - hidden_of(author)
    told = within_notice_limit(author, sorted(wanted))
    notices.notify(told, "mention", cause=cause, text=f"{author.username} mentioned you in {where}.", url=url)
    return wanted
