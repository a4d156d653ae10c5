"""Static files as browsers get them: names that carry their content's hash, and one style sheet.

The style sheets are written as one file per component, and `app.css` imports them into layers. Browsers would have to
ask for each; so the collected `app.css` holds their text instead. No build step: development serves the files as they are.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

ENTRY = "css/app.css"
IMPORT = re.compile(r'@import url\("(?P<file>[\w-]+\.css)"\) layer\((?P<layer>\w+)\);')


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed, with our modules' imports rewritten (which is why import statements end with a semicolon).

    Only our own: in other scripts an import may stand in a comment, and name a file that does not exist.
    """

    _imports: Any = ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]
    patterns = (*ManifestStaticFilesStorage.patterns, ("js/*.js", _imports))

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if ENTRY in paths and not dry_run:
            paths = {**paths, ENTRY: (_joined(paths[ENTRY][0]), ENTRY)}
        yield from super().post_process(paths, dry_run, **options)


def _joined(source: Any) -> InMemoryStorage:
    """A storage whose `app.css` has each imported file's text, in its layer, in the place of the import."""

    def text(name: str) -> str:
        with source.open(name) as file:
            return file.read().decode()

    def inlined(found: re.Match[str]) -> str:
        return f"@layer {found['layer']} {{\n{text('css/' + found['file'])}}}"

    storage = InMemoryStorage()
    storage.save(ENTRY, ContentFile(IMPORT.sub(inlined, text(ENTRY)).encode()))
    return storage
