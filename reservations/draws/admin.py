"""A draw as staff see it: its steps with their proofs, and the deeds, each with a reason."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, staff_of
from dropshop.core.admin.records import RecordsAdmin
from dropshop.core.clock import database_time
from reservations.draws import deeds
from reservations.draws.models import Draw
from reservations.draws.open_draw import has_begun
from reservations.draws.terms import beacon_due
from reservations.seeds import seal

MOVES_SHOWN = 100
State = Draw.State


class DrawDeedForm(forms.Form):
    """Why."""

    field_order = ("dice", "number", "signature", "reason")
    reason = forms.CharField(max_length=deeds.REASON_MAX_LENGTH, widget=forms.Textarea(attrs={"rows": 2}))


class DiceForm(DrawDeedForm):
    """What was thrown."""

    dice = forms.CharField(max_length=200, help_text="At least 16 numbers from 1 to 6, with a blank between them.")


class GivenBeaconForm(DrawDeedForm):
    """drand's round."""

    number = forms.IntegerField(label="Round", min_value=1)
    signature = forms.CharField(max_length=96)


@admin.register(Draw)
class DrawAdmin(RecordsAdmin, ObjectActionsAdmin):
    """How each draw stands."""

    object_actions = ("dice", "beacon", "loyalty", "call_off")
    list_display = ("drop", "state", "closes", "entered", "note")
    list_select_related = ("drop",)
    list_filter = ("state",)
    search_fields = ("drop__title", "drop__slug")
    search_help_text = "Title of the drop"
    fields = (
        "drop",
        "state",
        "note",
        "rules",
        "loyalty",
        "entered",
        "commitment",
        "named",
        "list_root",
        "told_beacon",
        "page",
        "trail",
    )

    @admin.display(description="closes", ordering="closes_at")
    def closes(self, draw: Draw) -> str:
        """To the minute."""
        return f"{draw.closes_at:%Y-%m-%d %H:%M} UTC"

    @admin.display(description="people who have entered")
    def entered(self, draw: Draw) -> int:
        """Without those who have withdrawn."""
        return draw.entries.filter(withdrawn_at=None).count()

    @admin.display(description="the seal of the seed")
    def commitment(self, draw: Draw) -> str:
        """Its SHA-256, and since when."""
        seed = seal.sealed(draw.drop_id)
        opened = f", opened {seed.revealed_at:%Y-%m-%d %H:%M:%S}" if seed.revealed_at else ""
        return f"{seed.commitment}, since {seed.sealed_at:%Y-%m-%d %H:%M:%S} UTC{opened}"

    @admin.display(description="beacons in their order")
    def named(self, draw: Draw) -> SafeString:
        """As they were promised."""
        lines = ((each["source"], each.get("round", ""), each["from"]) for each in draw.beacons)
        return format_html_join("", "<p>{} {} from {}</p>", lines)

    @admin.display(description="root of the list")
    def list_root(self, draw: Draw) -> str:
        """From close on."""
        return draw.listed["root"] if draw.listed else "—"

    @admin.display(description="the beacon that decided")
    def told_beacon(self, draw: Draw) -> str:
        """Its value."""
        return draw.beacon["value"] if draw.beacon else "—"

    @admin.display(description="what everybody sees")
    def page(self, draw: Draw) -> SafeString:
        """The draw's page, with its files."""
        return format_html('<a href="{0}draw/">{0}draw/</a>', draw.drop.get_absolute_url())

    @admin.display(description="what happened")
    def trail(self, draw: Draw) -> SafeString | str:
        """The newest first."""
        done = draw.moves.order_by("-pk").select_related("by")[:MOVES_SHOWN]
        lines = (
            (f"{move.at:%Y-%m-%d %H:%M:%S}", move.by or "the shop", move.step, move.reason or _words(move.facts))
            for move in done
        )
        return format_html_join("", "<p>{} · {} · {} · {}</p>", lines) or "—"

    def dice_action(self, request: HttpRequest, draw: Draw) -> ObjectAction:
        """The last fall-back."""
        due = beacon_due(draw.beacons, database_time())
        counts = draw.state == State.CLOSED and draw.beacon is None and due is not None and due["source"] == "dice"
        return self._deed(
            request, draw, deed=deeds.throw_dice, form=DiceForm, label="Enter the dice", possible=counts,
            question="What did you throw?", done="The dice are entered.", permission="reservations.throw_dice",
            facts=("Two of staff enter the same throw.", "Where they differ, both throw again.", "Everybody can read them."),
        )  # fmt: skip

    def beacon_action(self, request: HttpRequest, draw: Draw) -> ObjectAction:
        """Where the shop cannot reach drand."""
        return self._deed(
            request, draw, deed=deeds.give_beacon, form=GivenBeaconForm, label="Give the beacon",
            possible=draw.state == State.CLOSED and draw.beacon is None, question="Which round of drand, and which signature?",
            done="The beacon is good, and counts.", permission="reservations.throw_dice",
            facts=(f"Round {draw.beacons[0].get('round')} and no other.", "Its signature is checked."),
        )  # fmt: skip

    def loyalty_action(self, request: HttpRequest, draw: Draw) -> ObjectAction:
        """A rule, before the first entry."""
        wanted = not draw.loyalty
        return self._deed(
            request, draw, deed=deeds.set_loyalty, label="Count fair losses" if wanted else "Count no losses",
            possible=draw.state == State.OPEN and not has_begun(draw.drop_id), done="The rule is set.",
            question="Shall fair losses count?" if wanted else "Shall losses count no more?", permission="drops.change_drop",
            facts=("A fair loss counts 0.15 chances more, up to 2.", "It stays once somebody has entered."), loyalty=wanted,
        )  # fmt: skip

    def call_off_action(self, request: HttpRequest, draw: Draw) -> ObjectAction:
        """Nobody wins."""
        return self._deed(
            request, draw, deed=deeds.call_off, label="Call off", possible=draw.state in (State.OPEN, State.CLOSED),
            question="Call this draw off?", done="The draw is called off.", permission="drops.call_off_drop",
            facts=(f"{self.entered(draw)} people are told why.", "Nothing was blocked on their cards.", "It cannot be undone."),
        )  # fmt: skip

    def _deed(
        self, request: HttpRequest, draw: Draw, *, deed: Callable[..., Any], label: str, question: str, done: str,
        facts: tuple[str, ...], permission: str, possible: bool, form: Callable[..., forms.Form] = DrawDeedForm, **said: Any,
    ) -> ObjectAction:  # fmt: skip
        return ObjectAction(
            label=label, permission=permission, possible=possible, question=question, facts=facts, form=form, done=done,
            do=lambda **given: deed(draw, by=staff_of(request), **said, **given),
        )  # fmt: skip


def _words(facts: dict[str, Any]) -> str:
    """The short ones of a step's facts."""
    return ", ".join(f"{name}: {value}" for name, value in facts.items() if isinstance(value, str | int))[:300]
