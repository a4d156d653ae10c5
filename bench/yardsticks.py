"""What this machine can do at all, measured in the same run and in turn with the shop."""

import re
import subprocess
from pathlib import Path

from bench.conversation import Silent
from bench.ground import Ground
from dropshop.machine.embedded import postgres_programs

# What a reservation is at least, one transaction each: lock the size's row, move a pair, write the hold down.
SCRIPT = """\
\\set shopper random(1, 1000000000)
BEGIN;
SELECT available FROM bench_size WHERE id = 1 FOR UPDATE;
UPDATE bench_size SET available = available - 1, reserved = reserved + 1, version = version + 1 WHERE id = 1;
INSERT INTO bench_hold (id, size_id, shopper, created_at, expires_at)
    VALUES (gen_random_uuid(), 1, :shopper, clock_timestamp(), clock_timestamp() + interval '60 s');
COMMIT;
"""
SHORTEST = 2  # seconds; in less, the clients have hardly connected
PATIENCE = 120  # seconds beyond the time that was asked for
TABLES = """
CREATE TABLE IF NOT EXISTS bench_size
    (id int PRIMARY KEY, available bigint NOT NULL, reserved bigint NOT NULL, version bigint NOT NULL);
CREATE TABLE IF NOT EXISTS bench_hold
    (id uuid PRIMARY KEY, size_id int NOT NULL REFERENCES bench_size, shopper bigint NOT NULL,
     created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL);
INSERT INTO bench_size VALUES (1, 1000000000, 0, 1) ON CONFLICT DO NOTHING;
"""


class PgBench:
    """pgbench out of the PostgreSQL wheel, on the same server and with prepared statements: its fastest way."""

    def __init__(self, ground: Ground, script: str = SCRIPT) -> None:
        self.ground = ground
        self.script = Path(ground.folder) / "pgbench.sql"
        self.script.write_text(script)
        ground.sql(TABLES)

    def run(self, clients: int, seconds: float) -> tuple[float, float]:
        """Transactions per second, connecting not counted, and their mean latency in milliseconds."""
        said = ""
        for longer in (1, 4):  # on a crowded machine the time may be over before all clients have connected
            time = longer * max(SHORTEST, round(seconds))
            said = self._said(clients, f"--time={time}", seconds=time)
            if found := measured(said):
                return found
        raise Silent(f"pgbench got nothing done:\n{said}")

    def run_each(self, clients: int, transactions: int, *defined: str) -> tuple[float, float]:
        """The same for so many transactions of each client; `defined` are variables of the script, as in "batch=0"."""
        said = self._said(clients, f"--transactions={transactions}", *(f"--define={each}" for each in defined))
        if found := measured(said):
            return found
        raise Silent(f"pgbench got nothing done:\n{said}")

    def _said(self, clients: int, *load: str, seconds: int = 0) -> str:
        program = [str(postgres_programs() / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={self.script}"]
        how = [f"--client={clients}", "--jobs=1", *load, self.ground.postgres.url]
        done = subprocess.run([*program, *how], check=False, capture_output=True, text=True, timeout=seconds + PATIENCE)
        if done.returncode:
            raise Silent(f"pgbench has failed:\n{done.stderr[-2000:]}")
        return done.stdout


def measured(said: str) -> tuple[float, float] | None:
    """What pgbench says: transactions per second and their mean latency in milliseconds; None where it did none."""
    rate = re.search(r"tps = ([\d.]+)", said)
    latency = re.search(r"latency average = ([\d.]+)", said)
    return (float(rate[1]), float(latency[1])) if rate and latency else None
