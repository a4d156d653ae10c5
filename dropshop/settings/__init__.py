"""All settings of the shop, a file for each concern; everything that differs between machines is an environment variable.

The defaults run on a fresh checkout. What must be set for production is named by `dropshop/checks.py`.
"""

from dropshop.settings.api import *
from dropshop.settings.applications import *
from dropshop.settings.database import *
from dropshop.settings.edge import *
from dropshop.settings.limits import *
from dropshop.settings.members import *
from dropshop.settings.place import *
from dropshop.settings.queue import *
from dropshop.settings.shop import *
