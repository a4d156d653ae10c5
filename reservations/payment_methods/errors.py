"""What saving a card refuses."""

from dropshop.core.errors import NUMBER, DropshopError


class MethodDeclined(DropshopError):
    """The provider will not set this card up. Nothing was charged, and nothing is saved."""

    code, status, title = "method_declined", 402, "This card was not saved."


class TooManyMethods(DropshopError):
    """The member has saved as many cards as one may. `limit`."""

    code, status, title = "too_many_payment_methods", 409, "You have saved as many cards as you can. Remove one first."
    brings = {"limit": NUMBER}
