"""The wiring as a Django app, so that its checks and commands are found."""

from django.apps import AppConfig


class DropshopConfig(AppConfig):
    """Wiring only; no models."""

    name = "dropshop"

    def ready(self) -> None:
        from dropshop import checks  # noqa: F401 - registers them
