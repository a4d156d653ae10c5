"""Stores, kept by staff."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from community.stores.models import Store
from dropshop.core.admin.history import HistoryAdmin


@admin.register(Store)
class StoreAdmin(HistoryAdmin):
    """Where restocks are reported of. A store is closed, never deleted: its reports stay."""

    list_display = ("name", "city", "site", "active")
    list_filter = ("active",)
    search_fields = ("name", "city", "slug")
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug", "site", "city", "place", "active", "history")
    readonly_fields = ("history",)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Store | None = None) -> bool:
        return False

    def get_prepopulated_fields(self, request: HttpRequest, obj: Store | None = None) -> dict[str, Any]:
        """The address of a store that is there stays what it is, unless somebody writes another."""
        return {} if obj or not self.has_add_permission(request) else self.prepopulated_fields
