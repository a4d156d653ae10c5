"""Static files as browsers get them: names that carry their content's hash, and two style sheets.

The style sheets are written as one file per component, which `app.css` and `community.css` import into layers. Browsers would
have to ask for each; so what is collected holds their text instead. No build step: development serves the files as they are.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

ENTRIES = ("css/app.css", "css/community.css")
IMPORT = re.compile(r'@import url\("(?P<file>[\w-]+\.css)"\) layer\((?P<layer>\w+)\);')


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed, with our modules' imports rewritten (which is why import statements end with a semicolon).

    Only our own: in other scripts an import may stand in a comment, and name a file that does not exist.
    """

    _imports: Any = ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]
    patterns = (*ManifestStaticFilesStorage.patterns, ("js/*.js", _imports))

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            paths = paths | {entry: (_joined(paths[entry][0], entry), entry) for entry in ENTRIES if entry in paths}
        yield from super().post_process(paths, dry_run, **options)


def _joined(source: Any, entry: str) -> InMemoryStorage:
    """A storage whose `entry` has each imported file's text, in its layer, in the place of the import."""

    def text(name: str) -> str:
        with source.open(name) as file:
            return file.read().decode()

    def inlined(found: re.Match[str]) -> str:
        return f"@layer {found['layer']} {{\n{text('css/' + found['file'])}}}"

    storage = InMemoryStorage()
    storage.save(entry, ContentFile(IMPORT.sub(inlined, text(entry)).encode()))
    return storage
