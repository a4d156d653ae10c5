from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "dropshop.core.outbox"
    label = "outbox"
    verbose_name = "E-mails"

    def ready(self) -> None:
        from dropshop.core.outbox.forgetting import RULE
        from dropshop.core.retention import rules

        rules.add("e-mails", RULE)
