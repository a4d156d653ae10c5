"""With this folder on PYTHONPATH, a process believes that it is CLOCK_SKEW seconds later than it is (time goes on as usual).

Its application clock is wrong from the first import on; the database's is not. No test module: Python imports it by its name.
"""

import os
from datetime import UTC, datetime, timedelta

import time_machine

_skew = timedelta(seconds=float(os.environ["CLOCK_SKEW"]))
time_machine.travel(datetime.now(UTC) + _skew, tick=True).start()
