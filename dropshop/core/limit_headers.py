"""How a client is told where it stands: `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers.

    RateLimit-Policy: "member";q=10;w=10, "address";q=600;w=10
    RateLimit: "member";r=9;t=1, "address";r=599;t=1

`q` tokens in `w` seconds, for each member, account, device or address; `r` are left, and in `t` seconds all are there again.
"""

from collections.abc import Sequence
from functools import lru_cache

from dropshop.core.token_buckets import Left, Rate

Headers = tuple[tuple[str, str], ...]


def limit_headers(wanted: Sequence[tuple[str, Rate]], left: Sequence[Left]) -> Headers:
    """Both, for buckets by their names ("reserve:member:…") and as they stand. Of several accounts the one with the least."""
    scopes = tuple([name.split(":", 2)[1] for name, _ in wanted])
    least: dict[str, Left] = {}
    for scope, stands in zip(scopes, left, strict=True):
        if scope not in least or stands < least[scope]:
            least[scope] = stands
    told = ", ".join([f'"{scope}";r={tokens};t={seconds}' for scope, (tokens, seconds) in least.items()])
    return (("RateLimit-Policy", _policies(scopes, tuple([each for _, each in wanted]))), ("RateLimit", told))


@lru_cache(maxsize=64)
def _policies(scopes: tuple[str, ...], rates: tuple[Rate, ...]) -> str:
    policies = {
        scope: f'"{scope}";q={each.amount};w={each.period // 1_000_000}' for scope, each in zip(scopes, rates, strict=True)
    }
    return ", ".join(policies.values())
