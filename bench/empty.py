"""An empty Django view: what Django itself costs before the shop does anything, behind the bridge that serves the shop's pages.

Django has no middleware at all: the yardstick of the drop page. With BENCH_MIDDLEWARE=1 the same view stands behind the
whole of the shop's middleware.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from bench.bridged import bridged
from dropshop import settings as shops

WITHOUT = {} if os.environ.get("BENCH_MIDDLEWARE") == "1" else {"MIDDLEWARE": [], "INSTALLED_APPS": []}
settings.configure(
    **{name: getattr(shops, name) for name in dir(shops) if name.isupper()} | WITHOUT | {"ROOT_URLCONF": __name__}
)


def empty(request: HttpRequest) -> HttpResponse:
    """Nothing much."""
    return HttpResponse("hello")


urlpatterns = [path("", empty)]
application = bridged(get_wsgi_application())
