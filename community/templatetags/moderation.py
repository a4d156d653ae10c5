"""What moderators see on the pages of what was moderated."""

from collections.abc import Iterable
from typing import Any

from django import template

from community.moderation.decisions import decisions_about
from community.moderation.models import ModerationAction

register = template.Library()


@register.simple_tag(takes_context=True)
def moderation_trail(context: Any, about: Any) -> Iterable[ModerationAction]:
    """What was decided about it, the newest first, for moderators; nothing for others."""
    return decisions_about(about) if context["request"].user.has_perm("community.moderate") else ()
