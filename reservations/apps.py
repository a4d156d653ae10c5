from django.apps import AppConfig


class ReservationsConfig(AppConfig):
    name = "reservations"

    def ready(self) -> None:
        """Tells `drops`, which may not import us, this app's part of a drop's facts."""
        from drops import facts as drop_facts
        from drops.stock import facts as stock_facts

        from . import facts

        stock_facts.size_facts.update(facts.size_facts())
        drop_facts.buyers = facts.buyers
