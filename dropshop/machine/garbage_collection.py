"""Python's cycle collector in a process that keeps thousands of sockets: it must not stop everybody to look at them.

A full collection looks at every object. With Django alone that stops the process for 50 ms, with 5,000 sockets (some 70 objects
each) for a quarter of a second, and by Python's own thresholds it comes every other second at the bell. All of it for
nothing: what a socket and a request leave behind is freed by reference counts, all but a few young cycles.
"""

import gc

# Young objects more than were freed, before the young are looked at; then so many times before the middle-aged are; then
# again for all. The young are 5 ms, and a burst of requests that are still being answered does not count as garbage.
THRESHOLDS = (50_000, 5, 100)


def tune() -> None:
    """Call once when everything is imported: what exists by now is never looked at again, and the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
