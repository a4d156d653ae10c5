"""How thorough a run is: `make thorough` draws more, and runs what is slow and rare."""

import os

import pytest

# So many times as many examples are drawn as by `make test`.
THOROUGH = int(os.environ.get("THOROUGH", "1"))
# A test that draws its inputs by lot: `make thorough` runs it again, and draws more.
DRAWN = pytest.mark.drawn
# A test that takes a minute and fails once in a year: `make test` leaves it out.
SLOW_AND_RARE = pytest.mark.thorough
