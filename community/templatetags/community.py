"""What members wrote, made into HTML."""

from typing import Any
from urllib.parse import quote

from django import template
from django.utils.html import Urlizer, escape
from django.utils.safestring import SafeString, mark_safe

from community.karma.levels import may_post_links
from community.people.models import Member
from dropshop.core.text import MENTION

register = template.Library()


class _Saying(Urlizer):
    """Django's own finder of addresses; its links pass nothing on, and an e-mail address is nobody's link."""

    url_template = '<a href="{href}" rel="nofollow ugc noopener">{url}</a>'

    def __init__(self, *, links: bool) -> None:
        self.links = links

    def handle_word(self, word: str, **options: Any) -> str:
        if self.links:
            linked: str = super().handle_word(word, **options)
            if "<a " in linked:  # what is only escaped has no "<"
                return linked
        return MENTION.sub(_to_member, escape(word))

    @staticmethod
    def is_email_simple(value: str) -> bool:
        return False


def _to_member(mention: Any) -> str:
    return f'<a href="/members/{quote(mention[1])}/">{mention[0]}</a>'


@register.filter
def said(text: str | None, author: Member | bool | None = None) -> SafeString:
    """The text as safe HTML: escaped, lines kept, every @name a link to that name's page, asked of nobody.

    Addresses become links (nofollow ugc noopener) where the author's karma level allows it. `author` is a member, or, where
    a list has asked `people.may_post_links` once for all, the answer.
    """
    links = author if isinstance(author, bool) else author.pk in may_post_links([author.pk]) if author else False
    html = _Saying(links=links)(text or "", autoescape=True)
    return mark_safe(html.replace("\n", "<br>"))  # noqa: S308 - every word of it went through escape
