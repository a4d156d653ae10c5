"""A million events around the world's cities, more of them around the larger; written by the database itself.

Imported only once Django is set up.
"""

from django.db import connection

from community.models import Member
from community.places import gazetteer

# The number of the city is a cube of chance over the cities by size; an event lies some kilometres around its middle. Half of
# them are over, half are to come within a year.
WRITE = """
    INSERT INTO community_event (id, host_id, title, text, starts_at, ends_at, time_zone, venue, city, place, capacity, hidden)
    SELECT gen_random_uuid(), %(host)s, 'Event ' || number, 'What it is about.', at, at + interval '3 hours', 'UTC',
        'The hall', 'City', point(
            greatest(-180, least(180, lons[city] + (random() + random() + random() - 1.5) * 0.3)),
            greatest(-90, least(90, lats[city] + (random() + random() + random() - 1.5) * 0.2))
        ), 20, random() < 0.01
    FROM (
        SELECT number, %(lats)s::float8[] AS lats, %(lons)s::float8[] AS lons,
            1 + floor(power(random(), 3) * %(cities)s)::int AS city,
            statement_timestamp() + (random() * 2 - 1) * interval '365 days' AS at
        FROM generate_series(1, %(events)s) AS number
    ) AS drawn
"""


def fill(host: Member, *, events: int, cities: int = 5000) -> None:
    """So many events around so many of the largest cities."""
    largest = sorted(gazetteer.every(), key=lambda city: -city.population)[:cities]
    values = {
        "host": host.pk,
        "events": events,
        "cities": len(largest),
        "lats": [city.place.latitude for city in largest],
        "lons": [city.place.longitude for city in largest],
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
        cursor.execute("ANALYZE community_event")
