"""Telling members that somebody named them."""

from typing import Any

from django.db.models.functions import Lower

from community.notifications import notices
from community.notifications.throttle import may_disturb
from community.people.models import Member
from community.people.relations import hidden_of
from dropshop.core.text import mentioned


def tell(author: Member, text: str, *, cause: str, where: str, url: str) -> set[Any]:
    """A notice for each member whom the text names by @name: at most ten, once per cause, not the author, and nobody who
    must not see the author. Gives their ids.
    """
    names = [name.lower() for name in mentioned(text)]
    if not names:
        return set()
    named = Member.objects.annotate(name=Lower("username")).filter(name__in=names, is_active=True).exclude(pk=author.pk)
    wanted = set(named.values_list("pk", flat=True)) - hidden_of(author)
    told = may_disturb(author, sorted(wanted))
    notices.tell(told, "mention", cause=cause, text=f"{author.username} named you in {where}.", url=url)
    return wanted
