"""What the admin of every app shares: read-only models, and operations as buttons."""

from collections.abc import Callable, Iterable
from typing import Any

import pghistory
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from dropshop.core.errors import DropshopError


def staff_of(request: HttpRequest) -> Any:
    """The member of staff who asks: the admin lets nobody else in."""
    return request.user


# What may follow the name of a field in the address of a list: what Django's filters and its date hierarchy write there.
LOOKUPS_OF_FILTERS = {"", "id", "pk", "exact", "in", "isnull", "isempty", "gt", "gte", "lt", "lte", "year", "month", "day"}


class PermissionFirstAdmin(admin.ModelAdmin):
    """An admin that says no before it looks: Django's history page tells anybody which numbers exist."""

    view_on_site = False
    list_per_page = 50

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django's, of what the list filters by, and as filters ask: by any other address whoever sees a list could ask, letter
        by letter, for what its columns leave out."""
        filters = [each[0] if isinstance(each, tuple) else each for each in self.get_list_filter(request)]
        named = (getattr(each, "parameter_name", each) for each in (*filters, self.date_hierarchy))
        names = {name for name in named if isinstance(name, str)}
        name = next((name for name in names if lookup == name or lookup.startswith(f"{name}__")), None)
        is_filter = name is not None and {*lookup.removeprefix(name).split("__")} <= LOOKUPS_OF_FILTERS
        return is_filter and super().lookup_allowed(lookup, value, request)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's; PermissionDenied first."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)


class ReadOnlyAdmin(PermissionFirstAdmin):
    """Nobody adds, changes or deletes here, superusers included: the record is written by operations alone."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ObjectActionsAdmin(PermissionFirstAdmin):
    """An admin whose objects have operations: buttons above the form, each asking once more before it does anything.

    `object_actions` names them. A subclass has for each a method `<name>_action(request, obj)` that returns a `ObjectAction`.
    """

    object_actions: tuple[str, ...] = ()
    change_form_template = "admin/actions_change_form.html"

    def get_urls(self) -> list[Any]:
        """Django's, and one address per action."""
        info = self.opts.app_label, self.opts.model_name
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(self._view(name)),
                name=f"{info[0]}_{info[1]}_{name}",
            )
            for name in self.object_actions
        ]
        return [*own, *super().get_urls()]

    def address_of(self, name: str, obj: models.Model) -> str:
        """Where that action asks for its confirmation."""
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{name}", args=[obj.pk])

    def change_address(self, obj: models.Model) -> str:
        """The object's own page."""
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])

    def object_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The object; PermissionDenied before anything is looked up, so that a stranger does not learn what exists."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    def actions_for(self, request: HttpRequest, obj: Any) -> list[dict[str, str]]:
        """The buttons this person sees on this object: label, address, kind."""
        offered = []
        for name in self.object_actions:
            action: ObjectAction = getattr(self, f"{name}_action")(request, obj)
            if action.possible and request.user.has_perm(action.permission):
                offered.append({"label": action.label, "address": self.address_of(name, obj), "kind": action.kind})
        return offered

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's, with the operations."""
        original = context.get("original")
        context["object_actions"] = self.actions_for(request, original) if original else []
        return super().render_change_form(request, context, *args, **kwargs)

    def _view(self, name: str) -> Callable[..., HttpResponse]:
        def ask_then_do(request: HttpRequest, object_id: str) -> HttpResponse:
            obj = self.object_or_404(request, object_id)
            action: ObjectAction = getattr(self, f"{name}_action")(request, obj)
            if not request.user.has_perm(action.permission):
                raise PermissionDenied
            form = action.form(request.POST or None) if action.form else None
            if request.method == "POST" and (form is None or form.is_valid()):
                return self._do(request, obj, action, form.cleaned_data if form else {})
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": obj,
                "action": action,
                "form": form,
            }
            context |= {"title": action.question, "back": self.change_address(obj)}
            return TemplateResponse(request, "admin/action.html", context)

        return ask_then_do

    def _do(self, request: HttpRequest, obj: models.Model, action: "ObjectAction", given: dict[str, Any]) -> HttpResponse:
        try:
            with pghistory.context(user=str(request.user.pk)):  # the history of what is tracked says who
                done = action.do(**given)
        except DropshopError as refusal:
            self.message_user(request, error_sentence(refusal), messages.ERROR)
            return redirect(self.change_address(obj))
        self.log_change(request, obj, action.done)
        self.message_user(request, action.done, messages.SUCCESS)
        return redirect(self.change_address(done if isinstance(done, self.model) else obj))


class ObjectAction:
    """A button: what it says, who may press it, what is asked before, what it does, and what is said after.

    With a `form`, that is filled in where the question is asked, and `do` gets what was given by name.
    """

    def __init__(
        self,
        *,
        label: str,
        permission: str,
        question: str,
        facts: Iterable[str],
        do: Callable[..., Any],
        done: str,
        possible: bool = True,
        kind: str = "quiet",
        form: Callable[..., forms.Form] | None = None,
    ) -> None:
        self.label, self.permission, self.question, self.facts = label, permission, question, list(facts)
        self.do, self.done, self.possible, self.kind, self.form = do, done, possible, kind, form


def error_sentence(refusal: DropshopError) -> str:
    """The refusal as one sentence: what it says itself, or what it says of the fields."""
    errors = refusal.facts.get("errors") or {}
    return " ".join(text for texts in errors.values() for text in texts) or refusal.detail
