"""The double's HTTP: requests in Stripe's form encoding, idempotency keys, and the faults that a test has seeded."""

import json
import re
import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.stripe_double.books import Books, shown
from tests.stripe_double.cards import Facts, Refused

SECRET = "sk_test_of_the_double"
CUT = -1  # the connection ends without an answer
# The fault of a request, by name: whether it takes effect, and what is answered.
FAULTS = {
    "silent after": (True, None),
    "cut before": (False, CUT),
    "cut after": (True, CUT),
    "500 before": (False, 500),
    "500 after": (True, 500),
    "429": (False, 429),
    "twice": (True, 0),  # the network repeats the request, and one answer arrives
}
ROUTES = {
    ("POST", r"payment_intents"): "create",
    ("GET", r"payment_intents/(\w+)"): "retrieve",
    ("POST", r"payment_intents/(\w+)/(confirm|capture|cancel)"): "",  # by the last word
    ("POST", r"customers"): "customer",
    ("DELETE", r"customers/(\w+)"): "forget_customer",
    ("POST", r"setup_intents"): "set_up",
    ("GET", r"setup_intents/(\w+)"): "retrieve",
    ("POST", r"setup_intents/(\w+)/confirm"): "confirm_set_up",
    ("POST", r"setup_intents/(\w+)/cancel"): "cancel_set_up",
    ("POST", r"refunds"): "refund",
    ("GET", r"payment_intents"): "intents",
    ("GET", r"refunds"): "refunds",
    ("GET", r"refunds/(\w+)"): "retrieve",
    ("GET", r"disputes"): "disputes",
}


class StripeDouble:
    """Listens until it is stopped. `calls`: the operations that were asked for, oldest first."""

    def __init__(self) -> None:
        self.books, self.calls, self.page = Books(), [], 100  # the most of a list that one answer holds
        self._lock = threading.RLock()
        self._kept: dict[str, tuple[str, Facts, int, Facts]] = {}  # by idempotency key: operation, body, status, answer
        self._faults: dict[str, deque[str]] = defaultdict(deque)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": self}))
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def misbehave(self, operation: str, *faults: str) -> None:
        """The next requests of that operation go wrong in these ways, one after the other."""
        assert set(faults) <= FAULTS.keys()
        self._faults[operation] += faults

    def forget_keys(self) -> None:
        """A day has passed."""
        self._kept.clear()

    @property
    def keys(self) -> list[str]:
        """The idempotency keys of the shop's own choice, oldest first; the SDK gives every other request a random one."""
        return [key for key in self._kept if ":" in key]

    def only_intent(self) -> Facts:
        (intent,) = self.books.intents.values()
        return intent

    def answer(self, reference: str, *, agreed: bool) -> None:
        """The shopper's answer at the bank."""
        with self._lock:
            self.books.answer(self._found(reference), agreed=agreed)

    def handle(self, method: str, path: str, given: Facts, key: str | None) -> tuple[int | None, Facts, bool]:
        """Status, body and whether it was answered before; CUT or None where nothing is answered."""
        operation, of = self._route(method, path)
        with self._lock:
            self.calls.append(operation)
            fault = self._faults[operation].popleft() if self._faults[operation] else ""
            takes_effect, status = FAULTS.get(fault, (True, 0))
            answer = self._answer(operation, of, given, key) if takes_effect else (200, {}, False)
            if fault == "twice":
                self._answer(operation, of, given, key)
            if status in (429, 500):
                wrong = {"error": {"type": "api_error", "message": f"Seeded: {fault}"}}
                answer = (status, wrong, False)
                if key and status == 500:
                    self._kept[key] = (operation, given, status, wrong)
        return (status, {}, False) if status in (None, CUT) else answer

    def _route(self, method: str, path: str) -> tuple[str, list[str]]:
        for (verb, pattern), name in ROUTES.items():
            found = re.fullmatch(f"/v1/{pattern}", path)
            if found and verb == method:
                return name or found[2], list(found.groups())
        return "unknown", []

    def _answer(self, operation: str, of: list[str], given: Facts, key: str | None) -> tuple[int, Facts, bool]:
        if key in self._kept:
            asked, body, status, answer = self._kept[key]
            if (asked, body) != (operation, given):
                return 400, {"error": {"type": "idempotency_error", "message": "Keys are for one request."}}, False
            return status, answer, True
        try:
            status, answer = 200, deepcopy(self._do(operation, of, given))
        except Refused as refused:
            status, answer = refused.status, refused.body
        if key and status in (200, 402):  # what was not begun is not kept
            self._kept[key] = (operation, given, status, answer)
        return status, answer, False

    def _do(self, operation: str, of: list[str], given: Facts) -> Facts:
        if operation == "forget_customer":
            return self.books.forget_customer(of[0])
        thing, expand = self._found(of[0]) if of else {}, given.pop("expand", {}).values()
        match operation:
            case "retrieve":
                return self._shown(thing, expand)
            case "confirm" | "capture" | "cancel" | "confirm_set_up" | "cancel_set_up":
                return self._shown(getattr(self.books, operation)(thing, given), expand)
            case "intents" | "refunds" | "disputes":
                return self._list(operation, given, expand)
            case "create" | "refund" | "customer" | "set_up":
                return shown(getattr(self.books, operation)(given), expand)
        raise Refused(404, "Unrecognized request URL.")

    def _shown(self, thing: Facts, expand: Iterable[str]) -> Facts:
        found = shown(thing, expand)
        if "payment_method" in expand and found.get("payment_method"):
            found["payment_method"] = self.books.shown_card(found["payment_method"])
        return found

    def _list(self, name: str, given: Facts, expand: Iterable[str]) -> Facts:
        """A page, the newest first."""
        found = [thing for thing in reversed(getattr(self.books, name).values()) if _is_asked_for(thing, given)]
        if "starting_after" in given:
            ids = [thing["id"] for thing in found]
            found = found[ids.index(given["starting_after"]) + 1 :]
        limit = min(int(given.get("limit", 10)), self.page)
        below = [path.removeprefix("data.") for path in expand]
        data = [shown(thing, below) for thing in found[:limit]]
        return {"object": "list", "url": f"/v1/{name}", "has_more": len(found) > limit, "data": data}

    def _found(self, reference: str) -> Facts:
        things = self.books.intents | self.books.set_ups | self.books.refunds
        if reference not in things:
            raise Refused(404, f"No such intent: '{reference}'", code="resource_missing", param="intent")
        return things[reference]


def _is_asked_for(thing: Facts, given: Facts) -> bool:
    is_new = thing["created"] >= int(given.get("created", {}).get("gte", 0))
    return is_new and given.get("payment_intent") in (None, thing.get("payment_intent"))


class _Handler(BaseHTTPRequestHandler):
    double: StripeDouble

    def do_GET(self) -> None:
        self._serve({})

    def do_DELETE(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._serve(nested(self.rfile.read(length).decode()))

    def _serve(self, given: Facts) -> None:
        address = urlsplit(self.path)
        if self.headers.get("Authorization") != f"Bearer {SECRET}":
            self._send(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key."}}, replayed=False)
            return
        given |= nested(address.query)
        status, body, replayed = self.double.handle(self.command, address.path, given, self.headers.get("Idempotency-Key"))
        if status is None:
            self.rfile.read(1)  # until the caller gives up
        elif status != CUT:
            self._send(status, body, replayed=replayed)

    def _send(self, status: int, body: Facts, *, replayed: bool) -> None:
        packed = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(packed)))
        if replayed:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        self.wfile.write(packed)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's word
        """Says nothing."""


def nested(text: str) -> Facts:
    """Stripe's form encoding: `metadata[payment]=1` and `types[0]=card`."""
    found: Facts = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+", name)
        place = found
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    return found
