from django.apps import AppConfig


class DropsConfig(AppConfig):
    name = "drops"

    def ready(self) -> None:
        """Tells the socket, which imports no app, where a drop's snapshot comes from."""
        from drops import facts
        from dropshop.core.live import snapshots

        snapshots.source.fill(facts.snapshot)
