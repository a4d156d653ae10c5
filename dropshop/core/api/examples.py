"""Examples for the document: a plausible value for every field of every request and answer, made from its schema."""

from collections.abc import Mapping
from typing import Any

from dropshop.core.errors import DropshopError, problem_body

UUID = "3f0c1d5e-8a51-4d3c-9a53-0b6f5a2c7e10"
MOMENT = "2027-03-01T09:00:00Z"
# By "Component.field", or by the field's name alone.
SAMPLES: Mapping[str, Any] = {
    "Money.amount": "180.00", "currency": "USD", "price": "180.00", "highest_price": "180.00",
    "size": "9", "sizes": ["9", "9.5"], "confirmed_sizes": ["9"], "size_system": "US",
    "slug": "fjell-bone", "title": "Fjell Bone", "brand": "Halden", "name": "Fjell", "style_code": "HN-0001",
    "colourway": "Bone", "phase": "live", "hold_seconds": 60, "limit_per_member": 1, "time_zone": "Europe/Oslo",
    "Kind.name": "replies", "Kind.title": "Replies and mentions", "ChosenKind.name": "replies",
    "buyer": "someone", "pairs": 1, "total": 20, "available": 12, "reserved": 3, "sold": 5, "version": 9,
    "username": "alice", "email": "alice@example.com", "password": "correct-horse-battery", "identifier": "alice",
    "code": "123456", "access": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "refresh": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "pass": "q7yv0QmYy1m3yE3o", "number": "DS-4F7K-29QX", "payment_method": "test_ok", "first_name": "Alice",
    "last_name": "Sample",
    "Address.name": "Alice Sample", "street": "1 Lace Lane", "city": "Portland", "state": "OR", "zip_code": "97201",
    "country": "US", "reason": "Found a box.", "text": "Fresh laces.", "message": "Shall we?", "notes": "Worn twice.",
    "note": "By the door.", "store": "fjell-store", "carrier": "Post", "tracking": "RR 123 456 789 NO", "stars": 5,
    "venue": "Lace Hall", "latitude": 52.52, "longitude": 13.4, "capacity": 20, "cursor": "cD0yMDI3", "extensions_left": 1,
    "next": None, "previous": None, "link": "https://store.example.com/fjell-bone", "ip": "203.0.113.7",
    "amount": "180.00", "unread": 1, "confirm_weight": 1,
    "geohash": "u33d", "site": "https://store.example.com", "url": "/drops/fjell-bone/", "folder": "Runners",
    "rule": "restock_confirmed", "host": "alice", "owner": "alice", "author": "alice", "member": "alice", "to": "bob",
    "about": "item", "bio": "Laces.", "user_agent": "curl/8.5", "kind": "restock",
    "alt": "A bone-coloured shoe, from the side.",
    "errors": {"size": ["Choose a size."]}, "missing": ["verified_email"],
    "confirm_url": "https://bank.example.com/confirm/1",
    "id": UUID,
}  # fmt: skip


def in_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The document with an example for each body that has none (a hook of drf-spectacular)."""
    schemas = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            for body in (operation.get("requestBody", {}), *operation["responses"].values()):
                for media in body.get("content", {}).values():
                    if "examples" not in media:
                        media["examples"] = {"example": {"value": example_of(media["schema"], schemas)}}
    return result


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """A value of this schema, whose references are among `schemas`; `name` is "Component.field"."""
    for key in (name, name.rpartition(".")[2]):
        if key in SAMPLES and _fits(SAMPLES[key], schema, schemas):
            return SAMPLES[key]
    if "$ref" in schema:
        component = schema["$ref"].rpartition("/")[2]
        return example_of(schemas[component], schemas, f"{component}.{name.rpartition('.')[2]}")
    if part := schema.get("allOf") or schema.get("oneOf") or schema.get("anyOf"):
        return example_of(part[0], schemas, name)
    if "example" in schema:
        return schema["example"]
    if "enum" in schema:
        return next((value for value in schema["enum"] if value), schema["enum"][0])
    return _plain(schema, schemas, name)


def _plain(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str) -> Any:
    component = name.partition(".")[0]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {}).items()
            return {field: example_of(each, schemas, f"{component}.{field}") for field, each in fields}
        case "array":
            return [example_of(schema["items"], schemas, f"{component}.")]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return schema.get("default", False)
    return {"uuid": UUID, "date-time": MOMENT, "date": "2027-03-01", "uri": "https://shop.example.com/"}.get(
        schema.get("format", ""), "text"
    )


def _fits(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> bool:
    """Whether the value is of the schema's own kind; an object or a choice is described by its parts."""
    if "$ref" in schema:
        return _fits(value, schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "oneOf" in schema:
        return any(_fits(value, part, schemas) for part in schema["oneOf"])
    if value is None:
        return bool(schema.get("nullable"))
    if "enum" in schema:
        return value in schema["enum"]
    kinds: Mapping[str, type | tuple[type, ...]] = {
        "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
    }  # fmt: skip
    wanted = schema.get("type", "")
    if schema.get("format") == "uuid" and value != UUID:
        return False
    if wanted == "array" and isinstance(value, list):
        return all(_fits(item, schema["items"], schemas) for item in value)
    return wanted in kinds and wanted != "object" and isinstance(value, kinds[wanted])


def problem_example(kind: type[DropshopError]) -> dict[str, Any]:
    """The problem with all of its facts."""
    facts = {name.rstrip("?"): example_of(schema, {}, name.rstrip("?")) for name, schema in kind.brings.items()}
    return problem_body(kind()) | facts
