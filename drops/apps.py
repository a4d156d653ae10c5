from django.apps import AppConfig


class DropsConfig(AppConfig):
    name = "drops"

    def ready(self) -> None:
        """Tells the socket, which imports no app, where a drop's snapshot comes from."""
        from dropshop.core import live

        from . import facts

        live.register_snapshot_source(facts.snapshot)
