"""The wiring as a Django app, so that its checks and commands are found, and values nothing can be done with are refused."""

from django.apps import AppConfig


class DropshopConfig(AppConfig):
    """Wiring only; no models."""

    name = "dropshop"

    def ready(self) -> None:
        from dropshop import checks  # registers them

        checks.refuse_unusable_values()
