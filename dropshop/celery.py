"""The Celery application; its schedule stands in settings, its tasks in each app's `tasks.py`."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init

from dropshop.core.logs import follow_celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dropshop.settings")
app = Celery("dropshop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
follow_celery(app)


@worker_init.connect
@beat_init.connect
def start_only_when_safe(**_: Any) -> None:
    """Workers and beat refuse the same unsafe production values as the web server."""
    from dropshop.checks import require_safe_start

    require_safe_start()
