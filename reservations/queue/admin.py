"""A drop's queue as staff run it: its numbers, its trail, and the deeds, each with a reason."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, staff_of
from dropshop.core.admin.records import RecordsAdmin, to_the_second
from dropshop.core.clock import database_time
from reservations.queue import deeds
from reservations.queue.control import DEEDS_SHOWN, numbers
from reservations.queue.models import MAX_PER_MINUTE, TURN_SECONDS, WORD_MAX_LENGTH, DropQueue, QueueDeed

MAY_RUN = "reservations.run_queue"


class DeedForm(forms.Form):
    """Why."""

    field_order = ("per_minute", "turn_seconds", "word", "reason")
    reason = forms.CharField(max_length=deeds.REASON_MAX_LENGTH, widget=forms.Textarea(attrs={"rows": 2}))


class RateForm(DeedForm):
    """How fast."""

    per_minute = forms.IntegerField(
        label="People per minute, at most", required=False, min_value=1, max_value=MAX_PER_MINUTE,
        help_text="Empty: as many as the stock allows.",
    )  # fmt: skip


class TurnForm(DeedForm):
    """How long."""

    turn_seconds = forms.IntegerField(label="Seconds", min_value=TURN_SECONDS[0], max_value=TURN_SECONDS[1])


class WordForm(DeedForm):
    """What is said."""

    word = forms.CharField(
        label="What those waiting read", required=False, max_length=WORD_MAX_LENGTH, help_text="Empty takes it away."
    )


@admin.register(DropQueue)
class DropQueueAdmin(RecordsAdmin, ObjectActionsAdmin):
    """How each queue stands."""

    object_actions = ("rate", "hold", "go_on", "word", "drain", "turn")
    list_display = ("drop", "starts", "per_minute", "on_hold_at", "drained_at", "finished_at")
    list_select_related = ("drop",)
    ordering = ("-drop__starts_at",)
    search_fields = ("drop__title", "drop__slug")
    search_help_text = "Title of the drop"
    on_hold_since, closed_since = to_the_second("on_hold_at"), to_the_second("drained_at")
    fields = (
        *("drop", "standing", "per_minute", "turn_seconds", "on_hold_since", "closed_since"),
        *("word", "later_because", "trail"),
    )

    @admin.display(description="starts", ordering="drop__starts_at")
    def starts(self, queue: DropQueue) -> str:
        """To the minute."""
        return f"{queue.drop.starts_at:%Y-%m-%d %H:%M} UTC"

    @admin.display(description="now")
    def standing(self, queue: DropQueue) -> str:
        """In numbers."""
        now = numbers(queue.drop)
        return (
            f"{now['waiting']:,} wait · {now['let_in']:,} were let in: {now['in_turn']:,} choose, "
            f"{now['took']:,} took a pair, {now['passed']:,} let their turn pass · at most {now['slots']:,} choose at once"
        )

    @admin.display(description="what staff did")
    def trail(self, queue: DropQueue) -> SafeString | str:
        """The newest first."""
        done = QueueDeed.objects.filter(drop=queue.drop_id).select_related("by")[:DEEDS_SHOWN]
        lines = ((f"{deed.at:%H:%M:%S}", deed.by, deed.get_kind_display(), deed.to, deed.reason) for deed in done)
        return format_html_join("", "<p>{} · {} · {} {} · {}</p>", lines) or "—"

    def rate_action(self, request: HttpRequest, queue: DropQueue) -> ObjectAction:
        """How fast people are let in."""
        now = "as many as the stock allows" if queue.per_minute is None else f"at most {queue.per_minute} a minute"
        return self._deed(
            request, queue, label="Set the rate", question="How many people are let in per minute?", form=RateForm,
            facts=(f"Now {now}.", "Those waiting read it where their turn comes later than they were told."),
            done="The rate is set.",
        )  # fmt: skip

    def hold_action(self, request: HttpRequest, queue: DropQueue) -> ObjectAction:
        """Lets nobody in until it goes on."""
        return self._deed(
            request, queue, label="Hold", question="Put the queue on hold?", possible=queue.on_hold_at is None,
            facts=("Nobody is let in until you go on.", "Whose turn it is keeps it, and can buy.", "All places stay."),
            done="The queue is on hold.", on_hold=True,
        )  # fmt: skip

    def go_on_action(self, request: HttpRequest, queue: DropQueue) -> ObjectAction:
        """After a hold."""
        return self._deed(
            request, queue, label="Go on", kind="hot", question="Let people in again?", possible=queue.on_hold_at is not None,
            facts=("The next in line are let in within a second or two.",), done="The queue goes on.", on_hold=False,
        )  # fmt: skip

    def word_action(self, request: HttpRequest, queue: DropQueue) -> ObjectAction:
        """Speaks to those who wait."""
        return self._deed(
            request, queue, label="Say something", question="What shall those waiting read?", form=WordForm,
            facts=(f"Now they read: {queue.word or 'nothing'}",), done="It is said.",
        )  # fmt: skip

    def drain_action(self, request: HttpRequest, queue: DropQueue) -> ObjectAction:
        """Takes nobody new."""
        return self._deed(
            request, queue, label="Drain", question="Close the queue to new arrivals?", possible=queue.drained_at is None,
            facts=("Nobody can join any more, for good.", "Those who are in it keep their places, and read it."),
            done="The queue takes nobody new.", drained=True,
        )  # fmt: skip

    def turn_action(self, request: HttpRequest, queue: DropQueue) -> ObjectAction:
        """Before anybody has arrived."""
        return self._deed(
            request, queue, label="Length of a turn", question="How long may somebody choose?", form=TurnForm,
            facts=(f"Now {queue.turn_seconds} seconds.", "It stays once somebody has arrived."), done="The length is set.",
        )  # fmt: skip

    def _deed(
        self, request: HttpRequest, queue: DropQueue, *, form: Callable[..., forms.Form] = DeedForm, possible: bool = True,
        label: str, question: str, facts: tuple[str, ...], done: str, kind: str = "quiet", **changes: Any,
    ) -> ObjectAction:  # fmt: skip
        def do(reason: str, **given: Any) -> DropQueue:
            return deeds.run(queue.drop_id, {**changes, **given}, by=staff_of(request), reason=reason)

        runs = not queue.drop.is_over_at(database_time())
        return ObjectAction(
            label=label, permission=MAY_RUN, possible=possible and runs, question=question, facts=facts, form=form, do=do,
            done=done, kind=kind,
        )  # fmt: skip
