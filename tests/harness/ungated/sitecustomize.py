"""With this folder on PYTHONPATH, a process hashes passwords in the threads of its pages, as many at a time as come.

For the control of the sign-in crowds: the shop knows nothing of it. No test module: Python imports it by its name.
"""

import re
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder


def _hash_at_once(passwords):
    passwords.Gate.run = lambda self, hashing: hashing()


def _know_no_sign_ins(asgi):
    asgi.SIGN_IN = re.compile("(?!)")


CHANGES = {"dropshop.core.passwords": _hash_at_once, "dropshop.asgi": _know_no_sign_ins}


class Ungated(MetaPathFinder):
    """Changes those modules as soon as they have been imported."""

    def find_spec(self, name, path, target=None):
        change = CHANGES.pop(name, None)
        spec = PathFinder.find_spec(name, path, target) if change else None
        if spec is not None:
            run = spec.loader.exec_module

            def run_and_change(module):
                run(module)
                change(module)

            spec.loader.exec_module = run_and_change
        return spec


sys.meta_path.insert(0, Ungated())
