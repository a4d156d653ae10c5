"""The ledger of money: every movement is a transfer that is booked on both sides and never changed (M5)."""
