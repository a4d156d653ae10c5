"""Why nobody gets a pair today: each refusal with the facts its screen needs."""

from datetime import timedelta

from dropshop.core.errors import ID, MOMENT, NUMBER, TEXT, DropshopError

# After the start: what is free goes to the purchase requests that still wait; and nobody need wait for theirs any more.
SECOND_ROUND_AFTER, REQUESTS_OVER_AFTER = timedelta(seconds=30), timedelta(seconds=60)

# What is known of the money where there is no pair (M6).
MONEY = {"type": "string", "enum": ["voided", "unsettled"]}


class SoldOut(DropshopError):
    """Every pair of the size is sold."""

    code, status, title = "sold_out", 409, "Sold out."
    brings = {"size": TEXT}


class AllHeld(DropshopError):
    """Every pair is held or sold; held ones may return. `retry_at`: when the first may."""

    code, status, title = "all_held", 409, "All pairs are held. Some may return."
    brings = {"size": TEXT, "retry_at": MOMENT}


class LimitReached(DropshopError):
    """Purchases plus the active hold make up the drop's limit (H6), or the network or device holds all it may. `limit`.

    `per` is "address" where as many pairs as the drop allows go to that address already, whoever bought them.
    """

    code, status, title = "limit_reached", 409, "You have all the pairs this drop allows you."
    brings = {"limit": NUMBER, "per?": {"type": "string", "enum": ["address"]}}


class CoolingDown(DropshopError):
    """The member, device or network has held pairs for long without buying: holds that lapsed or were given back late (H7),
    or many that were given back early. `retry_at`."""

    code, status, title = "cooling_down", 429, "You held pairs without buying them."
    brings = {"retry_at": MOMENT}


class RequestStands(DropshopError):
    """The member's purchase request takes part for them (F4). `retry_at`: when it is over at the latest."""

    code, status, title = "request_stands", 409, "Your purchase request is waiting for a pair for you."
    brings = {"retry_at": MOMENT}


class HoldExpired(DropshopError):
    """The hold's time is over; the pair is free for others."""

    code, status, title = "hold_expired", 410, "Your hold has run out."
    brings = {"expires_at": MOMENT, "payment?": MONEY}


class AlreadyPurchased(DropshopError):
    """The hold has become a purchase. `purchase`."""

    code, status, title = "already_purchased", 409, "You have bought this pair."
    brings = {"purchase": ID}


class AlreadyCancelled(DropshopError):
    """The hold was given back."""

    code, status, title = "already_cancelled", 409, "You gave this pair back."
    brings = {"payment?": MONEY}


class ExtensionUsed(DropshopError):
    """More time was already taken (H3)."""

    code, status, title = "extension_used", 409, "You have already taken more time."
    brings = {"expires_at": MOMENT}
