"""Looking for events near a place, among a million: every statement of a page's search, as the doors send them."""

import random
import time

from bench import events
from bench.audit import simple
from bench.driving import quantile
from bench.stage import Stage
from community.events.facts import SOONEST, upcoming, visible_to
from community.models import Event, Member
from community.places import gazetteer
from community.places.fields import Place
from community.places.nearby import NEAREST, near, radius_for

MEETUPS = 1_000_000
PAGE = 50
LEAST = 200  # searches, however long they take
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class Nearby:
    """One kind of search, each time somewhere else: around a city, or anywhere on earth where `anywhere` is set."""

    unit, every_round = "pages/s", False

    def __init__(self, name: str, title: str, *, km: float = 0, beyond: float = -1, anywhere: bool = False) -> None:
        self.name, self.title, self.km, self.beyond, self.anywhere = name, title, km, beyond, anywhere

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        if not Event.objects.exists():
            host, _ = Member.objects.get_or_create(username="host", defaults={"password": "!"})
            events.fill(host, events=MEETUPS)
        chance, times, rows = random.Random(self.name), [], 0
        cities = sorted(gazetteer.every(), key=lambda city: -city.population)
        begun = time.monotonic()
        while time.monotonic() < begun + seconds or len(times) < LEAST:
            place = self._somewhere(chance, cities)
            started = time.perf_counter()
            rows += len(self._page(place))
            times.append((time.perf_counter() - started) * 1000)
        took, ordered = time.monotonic() - begun, sorted(times)
        full = self.anywhere or rows > PAGE * len(times) / 2
        stage.check(simple(self.name, [(full, f"{len(times)} pages had {rows} rows")]))
        return {"figure": len(times) / took, **{name: quantile(ordered, share) for name, share in SHARES.items()}}

    def _somewhere(self, chance: random.Random, cities: list[gazetteer.City]) -> Place:
        if self.anywhere:
            return Place(chance.uniform(-90, 90), chance.uniform(-180, 180))
        place = cities[int(chance.random() ** 3 * 5000)].place
        return Place(place.latitude + chance.uniform(-0.1, 0.1), place.longitude + chance.uniform(-0.1, 0.1))

    def _page(self, place: Place) -> list[Event]:
        found = upcoming(visible_to(None))
        if not self.km:
            return list(found.order_by(*SOONEST)[:PAGE])
        km = radius_for(found, place, self.km, rows=PAGE + 1, beyond=self.beyond)
        return list(near(found, place, km, beyond=self.beyond).order_by(*NEAREST)[:PAGE])


NEARBY = [
    Nearby("near-soonest", "the soonest of all events, wherever"),
    Nearby("near-10", "within 10 km of a city", km=10),
    Nearby("near-50", "within 50 km, what is asked for where nothing is said", km=50),
    Nearby("near-500", "within 500 km, the widest", km=500),
    Nearby("near-500-deep", "the same, the page that begins beyond 40 km", km=500, beyond=40),
    Nearby("near-anywhere", "within 500 km of any spot on earth, most of them in an ocean", km=500, anywhere=True),
]
