from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "dropshop.core.outbox"
    label = "outbox"
    verbose_name = "E-mails"

    def ready(self) -> None:
        from dropshop.core.outbox import webhook
        from dropshop.core.outbox.forgetting import RULES
        from dropshop.core.retention import rules

        for name, rule in RULES.items():
            rules.add(name, rule)
        webhook.listen()
