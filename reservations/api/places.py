"""Where in the API that is which a call creates, with places for its facts (`dropshop.api.endpoint.location`)."""

HOLD = "reservations/{reservation[id]}"
PURCHASE = "purchases/{purchase[id]}"
