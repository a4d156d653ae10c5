"""The drop's form: local times, a price in words people use, and no way to write over somebody else's change."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing

from drops import plan_rules
from drops.catalogue.models import Sneaker
from drops.models import Drop
from drops.sizes.values import InvalidSize, SizeSystem, read_size
from drops.stock import counters, size_run
from drops.stock.models import Size
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError
from dropshop.core.forms import LabelledDeleteFormSet, LocalTimeField, PriceField, currency_field, price_in_minor_units
from dropshop.core.local_time import AmbiguousTime, LocalTime, NonexistentTime
from dropshop.core.members import Member
from dropshop.core.money import Money
from dropshop.core.time_zones import TimeZoneField

# What staff decide about a drop. Everything else (published, counters, what was announced) is written by operations.
DECIDED = (
    "sneaker",
    "title",
    "slug",
    "price",
    "currency",
    "time_zone",
    "starts_at",
    "ends_at",
    "mode",
    "access",
    "min_karma",
    "weight",
    "limit_per_member",
    "limit_per_address",
    "hold_seconds",
    "max_extensions",
    "lapses_allowed",
    "cooldown_seconds",
)
TIMES = ("starts_at", "ends_at")
READ_AS = {"price": int, "starts_at": datetime, "ends_at": datetime}  # what could not be read is still what was typed
_seal = signing.Signer(salt="drops.admin.seen")


def decided(drop: Drop) -> dict[str, str]:
    """What staff have decided about the drop, as text that compares."""
    return {name: str(getattr(drop, "sneaker_id" if name == "sneaker" else name)) for name in DECIDED}


class DropForm(forms.ModelForm):
    """Schedules a drop. `moved` names the fields this save changes; only they are written.

    `by` is who of staff sends it. Where nothing but a reason for the `new_price` of a running drop is missing, it `asks_why`.
    """

    by: Member

    price = PriceField(help_text="As on the tag: 180.00")
    currency = currency_field()
    time_zone = TimeZoneField(
        initial="UTC", help_text="Type a part of it, such as Berlin. The times below are local times there."
    )
    starts_at = LocalTimeField(label="Opens")
    ends_at = LocalTimeField(label="Closes")
    size_run = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Sizes and the pairs of each: “7-12:20”, with halves “7-12/0.5:20”, in groups “7, 7.5, 8 = 10; 9-11 = 20”.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Drop
        fields = DECIDED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drop = self.instance
        self.is_new = drop._state.adding
        self.before = {} if self.is_new else decided(drop)
        self.times_before: dict[str, datetime] = {}
        self.run: list[tuple[str, int]] = []
        self.new_price: NewPrice | None = None
        self.asks_why = False
        if self.is_new:
            return
        if drop.published:
            del self.fields["size_run"]
        self.initial["price"] = Money(drop.price, drop.currency).amount
        self.initial["seen"] = _seal.sign_object(self.before)
        self.zone_before = drop.time_zone
        for name in TIMES:
            if name in self.fields:
                self.times_before[name] = getattr(drop, name)
                self.initial[name] = LocalTime.at(getattr(drop, name), drop.time_zone)
                self._offer_fold(name, self.initial[name], drop.time_zone)

    @property
    def changed_data(self) -> list[str]:
        """What this form changes, for the history; what the page had seen is no change."""
        return [name for name in super().changed_data if name != "seen"]

    @property
    def moved(self) -> list[str]:
        """The model's fields whose values this save changes."""
        now = decided(self.instance)
        return [name for name in DECIDED if now[name] != self.before.get(name)]

    def clean(self) -> dict[str, Any]:
        """Prices in minor units, times as moments, and nobody else's change undone."""
        super().clean()
        outdated = not self.is_new and self._somebody_was_faster()
        price_in_minor_units(self, "price")
        zone = self.cleaned_data.get("time_zone", "UTC")  # one that is unknown has its own error
        for name in TIMES:
            if name in self.cleaned_data:
                self._moment(name, zone)
        if not outdated:
            self._judge()
        return self.cleaned_data

    def clean_size_run(self) -> str:
        """Also leaves the sizes in `run`; those the drop has already are refused."""
        try:
            self.run = size_run.parse_size_run(self.cleaned_data["size_run"], self._size_system())
        except size_run.InvalidSizeRun as refusal:
            raise forms.ValidationError(str(refusal)) from None
        there = set() if self.is_new else set(self.instance.sizes.values_list("label", flat=True))
        self._refuse_twice(label for label, _ in self.run if label in there)
        self.instance.run_labels = [label for label, _ in self.run]
        return self.cleaned_data["size_run"]

    def _size_system(self) -> str:
        """Of the sneaker that is chosen in this form; it comes before the size run."""
        sneaker: Sneaker | None = self.cleaned_data.get("sneaker") or getattr(self.instance, "sneaker", None)
        return sneaker.size_system if sneaker else SizeSystem.US_MEN

    def _refuse_twice(self, labels: Iterable[str]) -> None:
        if twice := list(labels):
            raise forms.ValidationError(f"The drop has {', '.join(twice)} already; change its stock under “Stock”.")

    def _moment(self, name: str, zone: str) -> None:
        """The typed local time as a moment; one that was not touched keeps its fraction of a second."""
        typed = self.cleaned_data[name]
        if name in self.times_before and zone == self.zone_before and typed == self.initial[name]:
            self.cleaned_data[name] = self.times_before[name]
            return
        try:
            self.cleaned_data[name] = typed.moment(zone)
        except NonexistentTime as refusal:
            self.add_error(name, f"{refusal} Choose a time before or after.")
        except AmbiguousTime as question:
            self.fields[name].widget.ask_which(question.offsets)
            self.add_error(name, f"{question} Say which you mean.")

    def _offer_fold(self, name: str, shown: LocalTime, zone: str) -> None:
        """A drop that is scheduled in the hour that comes twice shows which of the two it is."""
        try:
            LocalTime(shown.local).moment(zone)
        except AmbiguousTime as question:
            self.fields[name].widget.ask_which(question.offsets)

    def _somebody_was_faster(self) -> bool:
        """Whether the drop, locked by now, differs from what this page showed when it was opened; says in what."""
        try:
            seen = _seal.unsign_object(self.data.get(self.add_prefix("seen"), ""))
        except signing.BadSignature:
            seen = {}
        others = [name for name in DECIDED if seen.get(name) != self.before[name]]
        if others:
            labels = ", ".join(f"{self._label(name)} (now {self._shown(name)})" for name in others)
            self.add_error(
                None,
                f"Somebody changed this drop while you had it open: {labels}. Nothing of yours was saved; "
                "open the drop again and make your change there.",
            )
        return bool(others)

    def _label(self, name: str) -> str:
        label = self.fields[name].label if name in self.fields else None
        return str(label or name.replace("_", " ")).lower()

    def _shown(self, name: str) -> str:
        if name == "price":
            return Money(int(self.before["price"]), self.before["currency"]).amount
        if name in self.times_before:
            return f"{self.initial[name].local:%Y-%m-%d %H:%M:%S}"
        return self.before[name]

    def _judge(self) -> None:
        """Asks the rules that the API asks too, of the fields that could be read; a refusal stands at its field."""
        given = ((name, value) for name, value in self.cleaned_data.items() if name in DECIDED)
        readable: dict[str, Any] = {name: value for name, value in given if isinstance(value, READ_AS.get(name, object))}
        try:
            if not self.is_new:
                self._judge_changes(readable)
            elif {*TIMES, "price", "currency"} <= readable.keys():
                price = Money(readable["price"], readable["currency"])
                plan_rules.check_new(price, readable["starts_at"], readable["ends_at"], database_time())
        except DropshopError as refusal:
            errors = refusal.facts.get("errors") or {None: [refusal.detail]}
            self.asks_why = errors.keys() == {"reason"} and not self.errors
            for name, texts in errors.items():
                self.add_error(name if name in self.fields else None, texts)

    def _judge_changes(self, changes: Mapping[str, Any]) -> None:
        drop = self.instance
        if drop.published and any(value != getattr(drop, name) for name, value in changes.items()):
            counters.lock_run(drop.pk)  # whoever is granted a pair, is so before the moment that is judged, or after the change
        moment = database_time()
        price = Money(changes.get("price", drop.price), changes.get("currency", drop.currency))
        if price != drop.money and plan_rules.runs(drop, moment):
            self.new_price = NewPrice(drop.money, price, self.data)
        reason = self.new_price.reason if self.new_price else ""
        plan_rules.judge(drop, changes, by=self.by, moment=moment, reason=reason)


class NewPrice:
    """Another price while the drop runs: what it was, what it becomes, and, once that was confirmed, why."""

    def __init__(self, before: Money, after: Money, data: Mapping[str, Any]) -> None:
        self.before, self.after = before, after
        self.change = f"{before.minor} {before.currency} > {after.minor} {after.currency}"
        self.reason = str(data.get("price_reason", "")).strip() if data.get("price_confirmed") == self.change else ""


class SizeForm(forms.ModelForm):
    """A new line of the size run. Lines that exist are changed under “Stock”, never here (S5)."""

    total = forms.IntegerField(
        min_value=0,
        max_value=size_run.MAX_PAIRS_OF_A_SIZE,
        label="Pairs",
        widget=forms.NumberInput(attrs={"aria-label": "Pairs"}),
    )

    sneaker: Sneaker | None = None  # of the drop

    class Meta:
        model = Size
        fields = ("label", "total")
        widgets = {"label": forms.TextInput(attrs={"aria-label": "Size", "size": 8})}

    def clean_label(self) -> str:
        """The one spelling of that size among those of the drop's sneaker (S6)."""
        return size_label(self.cleaned_data["label"], self.sneaker)


def size_label(text: str, sneaker: Sneaker | None) -> str:
    """The label of a typed size; raises ValidationError for what is none."""
    try:
        return read_size(text, sneaker.size_system if sneaker else SizeSystem.US_MEN)
    except InvalidSize as refusal:
        raise forms.ValidationError(str(refusal)) from None


class SizeFormSet(LabelledDeleteFormSet):
    """The new lines; none that the quick run of the same form makes too, and no more than a run may have."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Tells each line whose sizes it is about."""
        super().add_fields(form, index)
        form.sneaker = getattr(self.instance, "sneaker", None)

    def clean(self) -> None:
        """Raises ValidationError for a size that is in both, and for too many."""
        super().clean()
        run = set(getattr(self.instance, "run_labels", ()))
        new = [form.cleaned_data["label"] for form in self.extra_forms if form.cleaned_data.get("label")]
        for label in run.intersection(new):
            raise forms.ValidationError(f"Size {label} is in the quick run too.")
        try:
            size_run.check_room(self.instance.pk, len(run) + len(new) - len(self.deleted_forms))
        except size_run.InvalidSizeRun as refusal:
            raise forms.ValidationError(str(refusal)) from None
