from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "dropshop.core.outbox"
    label = "outbox"
    verbose_name = "E-mails"
