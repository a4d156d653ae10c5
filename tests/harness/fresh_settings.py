"""The settings read anew, as another process with the environment of this moment would read them."""

import importlib
import sys
from typing import Any

import dropshop

SETTINGS = "dropshop.settings"


def _loaded() -> dict[str, Any]:
    return {name: module for name, module in sys.modules.items() if name == SETTINGS or name.startswith(f"{SETTINGS}.")}


def read_settings() -> dict[str, Any]:
    """All names of the settings; those of this process stay as they are. Raises SystemExit as a start does."""
    ours = _loaded()
    for name in ours:
        del sys.modules[name]
    try:
        return vars(importlib.import_module(SETTINGS))
    finally:
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(ours)
        dropshop.settings = ours.get(SETTINGS)  # type: ignore[attr-defined]  # the import has put the other there
