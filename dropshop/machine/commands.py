"""The commands of the shop's processes."""

import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable
MANAGE = (PYTHON, str(BASE_DIR / "manage.py"))
CELERY = (PYTHON, "-m", "celery", "-A", "dropshop")
SLOT = ("--without-gossip", "--without-mingle", "--loglevel", "warning")
WORKER = (*CELERY, "worker", "-n", "worker@%h", "-Q", "default", "-P", "threads", "-c", "4", *SLOT)
READER = (*CELERY, "worker", "-n", "reader@%h", "-Q", "reading", "-P", "threads", "-c", "2", *SLOT)
MAILER = (*CELERY, "worker", "-n", "mailer@%h", "-Q", "mail", "-P", "threads", "-c", "2", *SLOT)
REQUESTS = (*CELERY, "worker", "-n", "requests@%h", "-Q", "requests", "-P", "threads", "-c", "2", *SLOT)
SWEEPER = (*CELERY, "worker", "-n", "sweeper@%h", "-Q", "expiry", "-P", "solo", *SLOT)


def beat(schedule: Path) -> tuple[str, ...]:
    """Celery beat, which remembers in `schedule` when it last sent what."""
    return (*CELERY, "beat", "--schedule", str(schedule), "--loglevel", "warning")


def web(host: str, port: int, processes: int = 1) -> tuple[str, ...]:
    """Pages, API and sockets on one port, by so many processes side by side."""
    command = (PYTHON, "-m", "dropshop.edge.uvicorn", "dropshop.asgi:application")
    several = ("--processes", str(processes)) if processes > 1 else ()
    return (*command, "--host", host, "--port", str(port), "--graceful", "3", *several)
