"""Static files as browsers get them: names that carry their content's hash, and one style sheet.

The style sheets are written as one file per component, and `app.css` imports them into layers. Browsers would have to
ask for each; so the collected `app.css` holds their text instead. No build step: development serves the files as they are.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

ENTRY = "css/app.css"
IMPORT = re.compile(r'@import url\("(?P<file>[\w-]+\.css)"\) layer\((?P<layer>\w+)\);')


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed, with our modules' imports rewritten (which is why import statements end with a semicolon).

    Django can rewrite the imports of every script, but some packages ship sources whose imports lead nowhere.
    """

    patterns = (
        *ManifestStaticFilesStorage.patterns,
        ("js/*.js", ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),
    )
    # Only in our own modules: elsewhere an import may stand in a comment, and name a file that does not exist.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if ENTRY in paths and not dry_run:
            self._join(paths[ENTRY][0])
        yield from super().post_process(paths, dry_run, **options)

    def _join(self, source: FileSystemStorage) -> None:
        """Writes the collected `app.css` anew, each import replaced by that file's text in its layer."""

        def text(name: str) -> str:
            with source.open(name) as file:
                return file.read().decode()

        def inlined(found: re.Match[str]) -> str:
            return f"@layer {found['layer']} {{\n{text('css/' + found['file'])}}}\n"

        joined = IMPORT.sub(inlined, text(ENTRY))
        self.delete(ENTRY)
        FileSystemStorage.save(self, ENTRY, ContentFile(joined.encode()))
