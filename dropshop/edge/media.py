"""Uploaded pictures, served by the shop itself where it runs on one machine.

With an object storage (django-storages) in front, set `MEDIA_URL` to its address; this view is then never asked.
"""

import mimetypes
from pathlib import Path

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest
from django.utils._os import safe_join
from django.views.decorators.http import require_safe

# Only what `dropshop.core.pictures` writes is ever shown by a browser.
KINDS = {"image/webp"}


@require_safe
def picture(request: HttpRequest, path: str) -> FileResponse:
    """The file below MEDIA_ROOT; names are random and files never change, so it may be kept for a year. Raises Http404."""
    kind = mimetypes.guess_type(path)[0]
    try:
        file = Path(safe_join(settings.MEDIA_ROOT, path))
    except (SuspiciousFileOperation, ValueError):
        raise Http404 from None
    if kind not in KINDS or not file.is_file():
        raise Http404
    response = FileResponse(file.open("rb"), content_type=kind)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
