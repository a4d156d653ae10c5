"""An empty Django view behind WSGI: what Django itself costs before the shop does anything.

`application` is Django with no middleware at all, the yardstick of the drop page. With BENCH_MIDDLEWARE=1 the same view
stands behind the whole of the shop's middleware.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

if os.environ.get("BENCH_MIDDLEWARE") == "1":
    from dropshop import settings as shops

    settings.configure(**{name: getattr(shops, name) for name in dir(shops) if name.isupper()} | {"ROOT_URLCONF": __name__})
else:
    settings.configure(SECRET_KEY="for-the-benchmark", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, MIDDLEWARE=[])  # noqa: S106


def empty(request: HttpRequest) -> HttpResponse:
    """Nothing much."""
    return HttpResponse("hello")


urlpatterns = [path("", empty)]
application = get_wsgi_application()
