"""What the environment says: each variable read as the kind of value it must be.

A value that cannot be read is noted, in one sentence, and its default stands in; `require_readable()`, at the end of the
settings, ends the process with all of these sentences. So every process says the same, and none of them a traceback.

Imports no Django: the supervisor reads its own variables with it.
"""

import importlib.util
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dropshop.core.money import InvalidAmount, Money
from dropshop.core.token_buckets import Rate
from dropshop.machine.processes import REFUSED, CannotStart
from dropshop.machine.state import read_state_file

YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
# Also counted by address where only members are limited; a limit by what the views do not pass on would count nothing.
ALWAYS_COUNTED = "address"

_unreadable: list[str] = []


def refuse_to_start(sentences: Iterable[str]) -> NoReturn:
    """Ends this process because of how it is configured: the sentences on standard error, and the exit code for it."""
    print("\n".join(sentences), file=sys.stderr, flush=True)
    raise SystemExit(REFUSED)


def require_readable() -> None:
    """Ends this process where a variable could not be read, with one sentence for each; otherwise nothing happens."""
    if _unreadable:
        refuse_to_start(dict.fromkeys(_unreadable))


def note_unreadable(name: str, value: object, wanted: str) -> None:
    """For a reader of one's own: `wanted` goes on from "must be …"."""
    _unreadable.append(f"{name} is {value!r}, but must be {wanted}.")


# -- Readers ---------------------------------------------------------------------------------------


def env(name: str, default: str = "") -> str:
    """The variable as text; an empty value counts as unset."""
    return os.environ.get(name) or default


def env_flag(name: str, default: bool = False) -> bool:
    """1/true/yes/on and 0/false/no/off, in any case."""
    said = env(name, "1" if default else "0").strip().lower()
    if said not in YES | NO:
        note_unreadable(name, env(name), "1 or 0 (or yes or no, true or false, on or off)")
        return default
    return said in YES


def env_list(name: str, default: str = "") -> list[str]:
    """Comma-separated values without blanks."""
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def env_choice(name: str, default: str, choices: Iterable[str]) -> str:
    """One of these words, as it is spelled here; the case does not matter."""
    spelled = {choice.lower(): choice for choice in choices}
    found = spelled.get(env(name, default).strip().lower())
    if found is None:
        note_unreadable(name, env(name), f"one of {', '.join(spelled.values())}")
        return default
    return found


def env_int(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """A whole number from `least` to `most`."""
    said = env(name, str(default)).strip()
    number = int(said) if re.fullmatch(r"[+-]?\d{1,18}", said, re.ASCII) else None
    if number is None or number < least or (most is not None and number > most):
        note_unreadable(name, env(name), f"a whole number {_span(least, most)}, such as {default}")
        return default
    return number


def env_float(name: str, default: float, *, least: float = 0, most: float | None = None) -> float:
    """A finite number from `least` to `most`, most often of seconds."""
    try:
        number = float(env(name, str(default)))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < least or (most is not None and number > most):
        note_unreadable(name, env(name), f"a number {_span(least, most)}, such as {default:g}")
        return default
    return number


def env_dates(name: str) -> frozenset[date]:
    """Comma-separated days, such as 2026-12-25."""
    try:
        return frozenset(date.fromisoformat(said) for said in env_list(name))
    except ValueError:
        note_unreadable(name, env(name), "dates such as 2026-12-25, with commas between them")
        return frozenset()


def env_time_zone(name: str, default: str) -> str:
    """The name of a time zone, such as Europe/Berlin."""
    zone = env(name, default).strip()
    if zone not in available_timezones():
        note_unreadable(name, env(name), "the name of a time zone, such as Europe/Berlin")
        return default
    return zone


def _span(least: float, most: float | None) -> str:
    return f"from {least:g} up" if most is None else f"from {least:g} to {most:g}"


def env_amounts(name: str, default: str) -> dict[str, int]:
    """Amounts of money, "500 USD, 75000 JPY", as minor units by currency."""
    try:
        sums = [Money.parse(*part.split()) for part in env_list(name, default)]
        if any(money.minor < 0 for money in sums) or len({money.currency for money in sums}) < len(sums):
            raise InvalidAmount("An amount below zero, or two of one currency.")
    except (InvalidAmount, TypeError):  # the second: not two words
        note_unreadable(name, env(name), f"amounts of zero or more, each currency once, such as {default}")
        return {}
    return {money.currency: money.minor for money in sums}


def env_hosts(name: str, default: str = "") -> list[str]:
    """Host names, without scheme, port or path."""
    hosts = env_list(name, default)
    for host in hosts:
        if "/" in host or " " in host or re.search(r"(^|[^:\]]):\d+$|\]:\d+$", host):
            note_unreadable(name, env(name), f"host names without scheme, port or path, which {host!r} is not")
    return hosts


def env_origins(name: str) -> list[str]:
    """Origins of browsers: scheme and host."""
    origins = env_list(name)
    for origin in origins:
        if not re.fullmatch(r"https?://[^/\s]+", origin):
            note_unreadable(name, env(name), f"origins such as https://shop.example.com, which {origin!r} is not")
    return origins


def env_prefixed(prefix: str) -> dict[str, str]:
    """Every variable with this prefix that is set, by the rest of its name."""
    return {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix) and value}


def env_installed(name: str, package: str, extra: str) -> None:
    """Notes a variable whose value wants this package, where that is not installed."""
    if importlib.util.find_spec(package) is None:
        note_unreadable(name, env(name), f"of an installed package: pip install 'dropshop[{extra}]'")


def env_web_address(name: str, *parts: str) -> str:
    """An http or https address that holds all `parts`, or nothing."""
    said = env(name).strip()
    if said and not (_is_url(said, {"http", "https"}) and all(part in said for part in parts)):
        holding = f" that holds {', '.join(parts)}" if parts else ""
        note_unreadable(name, said, f"an address that begins with https:// or http://{holding}")
        return ""
    return said


def env_own_address(hosts: Sequence[str]) -> str:
    """Where browsers find the shop when nobody has said so: at the first of these hosts by HTTPS, else where it listens."""
    if hosts and hosts[0].strip(".*"):
        return f"https://{hosts[0].lstrip('.')}"
    host = env("HOST", "127.0.0.1")
    if host in ("0.0.0.0", "::", "[::]"):  # noqa: S104 - recognised, not listened on
        host = "127.0.0.1"
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{host}:{env('PORT', '8000')}"


def env_postgres(name: str, default: str) -> dict[str, str]:
    """`postgresql://user:password@host:port/name?sslmode=require`, as libpq reads it: by the names of its parameters."""
    url = env(name, default)
    try:
        found = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.Error:
        found = {}
    ports = found.get("port", "").split(",")
    if not url.startswith(("postgresql://", "postgres://")) or not found.get("dbname") or not _are_ports(ports):
        note_unreadable(name, without_password(url), "an address such as postgresql://user:password@host:5432/name")
        return {"dbname": "unreadable"}
    return found


def env_redis(name: str, default: str) -> str:
    """`redis://:password@host:6379/0`, or `rediss://` with TLS; the number is the database's."""
    url = env(name, default)
    if not _is_url(url, {"redis", "rediss"}) or not re.fullmatch(r"(/\d{0,5})?", urlsplit(url).path, re.ASCII):
        note_unreadable(name, without_password(url), "an address such as redis://:password@host:6379/0")
        return "redis://unreadable:1/0"
    return url


def _are_ports(texts: list[str]) -> bool:
    return all(not text or (re.fullmatch(r"\d{1,5}", text, re.ASCII) and 0 < int(text) < 65536) for text in texts)


def _is_url(text: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def without_password(url: str) -> str:
    """The address as it may be shown."""
    return re.sub(r"(?<=password=)[^&]*", "***", re.sub(r"(?<=:)(?!//).*(?=@)", "***", url, count=1))


def env_limits(name: str, limits: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """These limits with the operator's own rates, as JSON, in place of some: {"sign-up": {"address": "10/1h"}}."""
    wanted = 'a JSON object such as {"sign-up": {"address": "10/1h"}}'
    merged = {limit: dict(rates) for limit, rates in limits.items()}
    given = _json_object(name, wanted)
    for limit, rates in given.items():
        known = merged.get(limit)
        if known is None:
            note_unreadable(name, env(name), f"about limits that there are ({', '.join(merged)}), which {limit!r} is not")
        elif not isinstance(rates, dict):
            note_unreadable(name, env(name), f"{wanted}, which {rates!r} is not")
        else:
            merged[limit] = known | _rates(name, limit, rates, counted={*known, ALWAYS_COUNTED})
    return merged


def _rates(name: str, limit: str, rates: dict[str, Any], *, counted: set[str]) -> dict[str, str]:
    readable = {}
    for scope, rate in rates.items():
        if scope not in counted:
            note_unreadable(name, env(name), f"by {' or '.join(sorted(counted))} for {limit!r}, not by {scope!r}")
        elif _reads(Rate.parse, rate):
            readable[scope] = rate
        else:
            note_unreadable(name, env(name), f"made of rates such as 10/60s, which {rate!r} is not")
    return readable


def _reads(read: Callable[[Any], object], text: object) -> bool:
    try:
        read(text)
    except (ValueError, TypeError):
        return False
    return True


def _json_object(name: str, wanted: str) -> dict[str, Any]:
    try:
        found = json.loads(env(name, "{}"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        note_unreadable(name, env(name), wanted)
        return {}
    return found


def state_file(file: Path) -> dict[str, str]:
    """What the supervisor wrote down for commands in a second terminal; {} when it has not run."""
    try:
        return read_state_file(file)
    except CannotStart as error:
        _unreadable.append(str(error))
        return {}
