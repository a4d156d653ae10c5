"""What a reading of a feed may end in."""


class RetryLater(Exception):
    """Nothing is wrong, but the host wants a pause first: `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"in {seconds:.0f} s")
        self.seconds = seconds
