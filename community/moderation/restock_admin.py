"""Restocks for moderators, who can also hide them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from community.moderation import decisions
from community.moderation.admin import ReasonForm
from community.restocks.admin import RestockAdmin
from community.restocks.models import Restock
from dropshop.core.admin.actions import ObjectAction


class RestockReasonForm(ReasonForm):
    """The reason, for the trail and the reporter."""

    reason = forms.CharField(max_length=400, required=False, help_text="The reporter reads this.")


@admin.register(Restock)
class ModeratedRestockAdmin(RestockAdmin):
    """The queue of reports, and what moderators decide about them."""

    object_actions = ("confirm", "dispute", "gone", "hide")

    def hide_action(self, request: HttpRequest, restock: Restock) -> ObjectAction:
        """Hides the report from everybody."""
        facts = (
            "It is hidden from everybody at once, and it ends as disputed: its points are taken back.",
            "The reporter is told that a moderator did it. The record shows who and why.",
        )

        def hide(pk: Any, *, by: Any, reason: str = "") -> Restock:
            decisions.hide(restock, moderator=by, reason=reason)
            return restock

        return self._action(
            request, restock, "Hide", facts, hide, possible=not restock.hidden, kind="hot", form=RestockReasonForm
        )
