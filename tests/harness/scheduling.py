"""Which worker of a run gets which tests."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadFileScheduling

TOGETHER = "tests/browser"


class OneBrowser(LoadFileScheduling):
    """Each file goes to one worker, and all files of tests/browser to the same: two browsers want more than two cores."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return TOGETHER if PurePosixPath(file).is_relative_to(TOGETHER) else file
