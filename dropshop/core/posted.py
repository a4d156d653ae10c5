"""Addresses that only take what a form sends: whoever comes there otherwise is shown the page on which the form stands."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect

View = Callable[..., HttpResponseBase]


def posted(page: str, *keeps: str) -> Callable[[View], View]:
    """Lets only POST through to the view. A GET (a reloaded tab, a typed address, the way back from signing in) is led to
    `page`, the name of an address, with these arguments of the view's own.

    Put it above `login_required`: a visitor then reads the page, as far as visitors may, and signs in there.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def only_posted(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
            if request.method in {"GET", "HEAD"}:
                return redirect(page, **{name: arguments[name] for name in keeps})
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            return view(request, **arguments)

        return only_posted

    return decorate
