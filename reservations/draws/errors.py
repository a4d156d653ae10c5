"""What a draw refuses."""

from dropshop.core.errors import MOMENT, NUMBER, DropshopError


class NotADraw(DropshopError):
    """This drop's pairs do not go by a draw."""

    code, status, title = "not_a_draw", 409, "This drop has no draw."


class AlreadyEntered(DropshopError):
    """The member is in this draw; their entry stands as it is."""

    code, status, title = (
        "already_entered",
        409,
        "You have entered this draw. Withdraw your entry to enter anew.",
    )


class InUse(DropshopError):
    """The address, or the card, is that of another entry; `per` says which."""

    code, status, title = "entered_with_it", 409, "Somebody has entered with it already."
    brings = {"per": {"type": "string", "enum": ["address", "payment_method"]}}


class GroupFull(DropshopError):
    """The group has as many people as a group may have. `limit`."""

    code, status, title = "group_full", 409, "This group is complete."
    brings = {"limit": NUMBER}


class CardNotReady(DropshopError):
    """The card has not been set up yet: its bank has not answered, or declines it no more than it accepts it. Ask again."""

    code, status, title = (
        "payment_method_pending",
        409,
        "Your bank has not answered about this card yet. Try again soon.",
    )
    soon = 3


class NotDrawnYet(DropshopError):
    """There is no result yet. `closes_at`."""

    code, status, title = "not_drawn_yet", 409, "This draw has no result yet."
    brings = {"closes_at": MOMENT}


class StepRefused(DropshopError):
    """The draw is not in the state in which this can be done; `detail` says why. Nothing has changed."""

    code, status, title = "draw_step_refused", 409, "The draw is not at this step."


class BeaconRefused(DropshopError):
    """This is not the beacon that was committed to: another round, or a signature that is not good. Nothing has changed."""

    code, status, title = "beacon_refused", 422, "This beacon is not the one that was named."
