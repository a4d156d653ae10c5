"""Which size of a drop somebody asks for, found among those that are locked: nothing has to be read before that."""

from collections.abc import Mapping

from drops.models import Size
from drops.sizes.labels import meant
from drops.stock.size_run import NO_SUCH_SIZE, no_such_size
from dropshop.core.errors import DropshopError, Invalid, NotFound

# A size's id; or its name, as somebody has written it; None for the only one of the drop.
AskedSize = int | str | None


class AskedSizes:
    """The sizes that the claims of a batch mean, each found once."""

    def __init__(self, run: Mapping[int, Size]) -> None:
        """`run`: all sizes of the drop, by id."""
        self._run = run
        self._found: dict[AskedSize, Size | DropshopError] = dict(run.items())

    def find(self, asked: AskedSize) -> Size | DropshopError:
        """The size; or the refusal: NotFound for an id, Invalid for a name, or none, that means no size or several."""
        found = self._found.get(asked)
        if found is None:
            found = self._found[asked] = self._looked_for(asked)
        return found

    def fault(self, asked: AskedSize) -> DropshopError | None:
        """The refusal alone."""
        found = self.find(asked)
        return found if isinstance(found, DropshopError) else None

    def _looked_for(self, asked: AskedSize) -> Size | DropshopError:
        if asked is None:
            return next(iter(self._run.values())) if len(self._run) == 1 else Invalid(errors={"size": ["Choose a size."]})
        if isinstance(asked, int):
            return NotFound(NO_SUCH_SIZE)
        labels = {size.label: size for size in self._run.values()}
        label = meant(asked, labels)
        return no_such_size() if label is None else labels[label]
