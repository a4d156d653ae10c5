"""The ways to sign in, as strangers and owners try them, and how often one may guess."""

import pytest

from tests.make import PASSWORD

GUESSES = 5
with_threads = pytest.mark.django_db(transaction=True)


def page(client, name, password=PASSWORD, work=""):
    return client.post("/accounts/login/", {"login": name, "password": password, "work": work})


def api(client, name, password=PASSWORD, work=""):
    body = {"username": name, "password": password}
    return client.post("/api/v1/users/login", body, "application/json", headers={"X-Work": work})


def by_page(client, name, password=PASSWORD, work=""):
    return page(client, name, password, work).status_code


def by_admin(client, name, password=PASSWORD):
    return client.post("/admin/login/", {"username": name, "password": password}).status_code


def by_api(client, name, password=PASSWORD, work=""):
    return api(client, name, password, work).status_code
