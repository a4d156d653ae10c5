"""Why a reading came to nothing, in words for staff."""


class ReadingFailed(Exception):
    """The source could not be read; the message is a sentence. `retry_after`: seconds the other side asked us to wait."""

    def __init__(self, words: str, *, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.words, self.retry_after = words, retry_after


class AddressRefused(ReadingFailed):
    """We do not go there: no connection was opened."""
