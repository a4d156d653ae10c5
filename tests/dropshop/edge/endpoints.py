"""A small URLconf: doors that are limited, doors that fail, and allauth's own."""

from django.contrib import admin
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from dropshop.core.client_address import client_address
from dropshop.core.limits import limited


@limited("reserve")
def reserve(request: HttpRequest) -> HttpResponse:
    return HttpResponse("reserved")


def echo(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"size": request.POST.get("size"), "q": request.GET.get("q"), "bytes": len(request.body)})


def address(request: HttpRequest) -> HttpResponse:
    return HttpResponse(client_address(request))


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("Ada Lovelace <ada@example.com> divided by zero")


def databaseless(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


def absurd(request: HttpRequest) -> HttpResponse:
    raise DataError("bigint out of range")


urlpatterns = [
    path("", include("reservations.urls")),  # every page leads to the withdrawal function
    path("accounts/", include("allauth.urls")),
    path("api/v1/auth/", include("allauth.headless.urls")),
    path("admin/", admin.site.urls),
    *(
        path(f"{prefix}{view.__name__}", view, name=f"{prefix}{view.__name__}")
        for prefix in ("", "api/v1/")
        for view in (reserve, echo, address, broken, databaseless, absurd)
    ),
]
handler400 = "dropshop.edge.error_pages.bad_request"
handler500 = "dropshop.edge.error_pages.server_error"
handler403 = "dropshop.edge.error_pages.forbidden"
handler404 = "dropshop.edge.error_pages.not_found"
