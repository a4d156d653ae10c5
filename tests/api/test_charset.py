from collections.abc import Iterator

import pytest
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import RequestFactory

from dropshop.wsgi import application


@pytest.fixture(autouse=True)
def no_look_at_the_database() -> Iterator[None]:
    """As Django's own test client does: what is sent here never needs it."""
    request_started.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)


@pytest.mark.parametrize(
    "parameter",
    [
        "charset=hex",
        "charset=idna",
        "CharSet=utf-7",
        'charset="hex"',
        "charset*=utf-8''hex",
        "charset=x",
        "charset=utf-8",
        "a*=x''y",
    ],
)
def test_a_charset_is_no_way_in(parameter):
    environ = RequestFactory()._base_environ(
        PATH_INFO="/healthz", QUERY_STRING="x=%41", CONTENT_TYPE=f"application/json; {parameter}", SERVER_NAME="localhost"
    )
    statuses = []
    body = b"".join(application(environ, lambda status, headers: statuses.append(status)))
    assert (statuses, body) == (["200 OK"], b'{"status": "alive"}')
