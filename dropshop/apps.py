"""The wiring as a Django app, so that its checks and commands are found, and values nothing can be done with are refused."""

from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class DropshopConfig(AppConfig):
    """Wiring only; no models."""

    name = "dropshop"

    def ready(self) -> None:
        from dropshop import checks  # registers them

        post_migrate.connect(_after_migrate, dispatch_uid="dropshop.after_migrate")
        checks.require_usable_values()


class ShopAdminConfig(AdminConfig):
    """Django's admin, as `dropshop.admin_site` has it."""

    default_site = "dropshop.admin_site.ShopAdminSite"


def _after_migrate(sender: AppConfig, **details: Any) -> None:
    from dropshop.core.hooks import after_migrate

    for prepare in after_migrate:
        prepare(sender, **details)
