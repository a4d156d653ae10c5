"""PostgreSQL, and the threads that keep a connection to it."""

from dropshop.machine.environment import env_flag, env_int, env_postgres
from dropshop.settings.place import _services

# A frozen process must not keep a size's row from the others: PostgreSQL ends its idle transaction after 4 s, and nobody
# waits longer than 5 s for a lock. `DATABASE_POOL=0` (tests) opens plain connections. Migrations may take their time
# (management/commands/migrate.py).
LOCK_TIMEOUTS = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=4s"
_postgres = env_postgres("DATABASE_URL", _services.get("DATABASE_URL", "postgresql:///dropshop"))
# The threads of a web process that keep a database connection while they work; a connection for each of them is in the pool
# (dropshop/checks.py). "probes" are the two parts of /readyz that ask the database. The threads that wait for banks hold none
# while they wait; what they borrow for a statement comes out of the "banks" here, and they queue for it.
THREADS = {"pages": 10, "sign-ins": 2, "elsewhere": 2, "desk": 4, "sockets": 2, "probes": 2, "banks": 4}
DATABASE_POOL = _pooled = env_int("DATABASE_POOL", sum(THREADS.values()))
# The desk's threads have PostgreSQL plan their statements once, which needs a connection that stays theirs: 0 behind a pooler
# that gives each transaction another one (PgBouncer's pool_mode = transaction).
DATABASE_PREPARED = env_flag("DATABASE_PREPARED", True)
DATABASES = {
    "default": {
        "ENGINE": "dropshop.core.postgresql",
        **{name.upper(): _postgres.pop(name, "") for name in ("user", "password", "host", "port")},
        "NAME": _postgres.pop("dbname"),
        "CONN_HEALTH_CHECKS": False,  # the engine looks itself whether a connection of the pool still answers
        "OPTIONS": {
            "connect_timeout": 3,
            **_postgres,
            "options": f"{_postgres.get('options', '')} {LOCK_TIMEOUTS}".strip(),
            **(
                {
                    "pool": {
                        "min_size": 1,
                        "max_size": _pooled,
                        "timeout": 3,
                        # The pool's pauses between attempts double until it gives up and starts afresh: give up early, or
                        # it sleeps on for minutes after the database is back.
                        "reconnect_timeout": 4,
                    }
                }
                if _pooled
                else {}
            ),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
