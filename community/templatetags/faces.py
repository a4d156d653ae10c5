"""Members' faces: a picture of their own, or one that is drawn from the name."""

from typing import Any

from django import template

from community.people.faces import face_of
from dropshop.core.members import Member

register = template.Library()


@register.inclusion_tag("community/people/_face.html")
def face(member: Member, size: str = "row") -> dict[str, Any]:
    """The member's face beside their name: "reply" (28 pixels), "row" (44), "setting" (56) or "page" (72 to 132).

    It says nothing to those who do not see it: the name stands beside it. Former members have a dashed circle.
    """
    shown = {"is_former": not member.is_active, "size": size}
    if not member.is_active:
        return shown
    return {**shown, "picture": member.shown_picture, "face": face_of(member.get_username())}
