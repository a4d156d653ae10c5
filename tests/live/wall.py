"""A feed that is written by hand, and what its watchers have heard of it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class Wall:
    """A feed written by hand, and who hides whom."""

    def __init__(self) -> None:
        self.items: list[dict] = []
        self.hidden: dict[str, set[str]] = {}
        self.asked: list[set[str]] = []
        self.reads = 0

    def put(self, author: str | None = None, number: int | None = None) -> dict:
        """An item as it is published; nobody has sent it yet."""
        at = NOON + timedelta(seconds=len(self.items))
        item = {"type": "feed-item", "id": str(uuid4()), "at": at.isoformat(), "author_id": author, "number": number}
        self.items.insert(0, item)
        return item

    def newest(self) -> dict:
        self.reads += 1
        return {"server_time": "2030-01-01T12:00:00Z", "items": self.items[:20]}

    def gate(self, members) -> dict[str, set[str]]:
        self.asked.append(set(members))
        return {member: authors for member, authors in self.hidden.items() if member in members}


def numbers(browser) -> list:
    return [item["number"] for item in browser.of("feed-item")]
