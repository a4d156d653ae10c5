"""Why nobody gets a pair today: each refusal with the facts its screen needs."""

from dropshop.errors import ConcurrentUpdate, DropshopError


class SoldOut(DropshopError):
    """Every pair of the size is sold."""

    code, status, title = "sold_out", 409, "Sold out."


class AllHeld(DropshopError):
    """Every pair is held or sold; held ones may return. `retry_at`: when the first may."""

    code, status, title = "all_held", 409, "All pairs are held. Some may return."


class NotOpen(DropshopError):
    """The drop has not begun. `starts_at`."""

    code, status, title = "not_open", 409, "This drop has not opened yet."


class Closed(DropshopError):
    """The drop has ended."""

    code, status, title = "closed", 409, "This drop has ended."


class LimitReached(DropshopError):
    """Purchases plus the active hold make up the drop's limit (H6), or the network or device holds all it may. `limit`."""

    code, status, title = "limit_reached", 409, "You have all the pairs this drop allows you."


class CoolingDown(DropshopError):
    """The member, device or network has held pairs for long without buying: holds that lapsed or were given back late (H7),
    or many that were given back early. `retry_at`."""

    code, status, title = "cooling_down", 429, "You held pairs without buying them."


class HoldExpired(DropshopError):
    """The hold's time is over; the pair is free for others."""

    code, status, title = "hold_expired", 410, "Your hold has run out."


class AlreadyPurchased(DropshopError):
    """The hold has become a purchase. `purchase`."""

    code, status, title = "already_purchased", 409, "You have bought this pair."


class AlreadyCancelled(DropshopError):
    """The hold was given back."""

    code, status, title = "already_cancelled", 409, "You gave this pair back."


class ExtensionUsed(DropshopError):
    """More time was already taken (H3)."""

    code, status, title = "extension_used", 409, "You have already taken more time."


class PaymentDeclined(DropshopError):
    """The provider said no; the hold stands until it runs out. `expires_at`."""

    code, status, title = "payment_declined", 402, "Your payment was declined."


class ConfirmationRequired(DropshopError):
    """The provider wants the shopper to confirm at `confirm_url`; then the same purchase is sent again."""

    code, status, title = "confirmation_required", 402, "Your bank wants you to confirm this payment."


class PaymentUnanswered(DropshopError):
    """The provider has not answered in time; the same purchase can be sent again and is charged once.

    The shop asks on by itself: `pinned_until` says how long the pair waits.
    """

    code, status, title = "payment_unanswered", 402, "Your bank has not answered yet. You will not be charged twice."


class PaymentUnderWay(ConcurrentUpdate):
    """Another payment for the same pair is on its way; wait for its answer."""

    title = "A payment for this pair is on its way. Wait for its answer."
