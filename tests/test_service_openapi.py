"""The API's description: committed as it is, complete, and with examples that are right."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_changes import broken
from jsonschema import Draft202012Validator

from service.app import create_app
from service.settings import Settings
from service.wiring import Parts

COMMITTED = Path(__file__).parent.parent / "openapi.json"
PROMISED = Path(__file__).parent / "data" / "openapi-v1.json"
"""The API as it was promised; it grows by `cp openapi.json` at a release, and never loses anything."""


@pytest.fixture
def document(parts: Parts) -> dict[str, Any]:
    return create_app(parts, Settings(verify_in_background=False)).openapi()


def test_committed_document_is_the_one_that_is_served(document: dict[str, Any]) -> None:
    committed = json.loads(COMMITTED.read_text())
    assert committed == document, "the API has changed: run 'make openapi', commit openapi.json, and read CONTRIBUTING"


def test_nothing_of_the_promised_api_is_broken(document: dict[str, Any]) -> None:
    assert broken(json.loads(PROMISED.read_text()), document) == [], "see 'The API' in CONTRIBUTING"


MEND = (
    "\nGive each parameter and field a description and an example (Field, Query, Path with description= and examples=),"
    "\neach route and model a docstring, each event an example in service/api/examples.py; then run 'make openapi'."
)


def test_every_route_parameter_and_field_has_a_description_and_an_example(document: dict[str, Any]) -> None:
    lacking = [*_routes(document), *_schemas(document)]
    assert lacking == [], "\n".join([*lacking, MEND])


def test_walk_finds_what_lacks() -> None:
    bare = {"name": "k", "schema": {"type": "integer"}}
    operation = {"parameters": [bare], "responses": {}}
    schemas = {"Thing": {"type": "object", "properties": {"name": {"type": "string"}, "other": {"$ref": "#/…"}}}}
    document = {"paths": {"/v1/x": {"get": operation}}, "components": {"schemas": schemas}}
    assert _routes(document) == [
        "GET /v1/x: no description",
        "GET /v1/x, k: no description",
        "GET /v1/x, k: no example",
    ]
    told = ["Thing: no description", "Thing.name: no description", "Thing.name: no example"]
    assert _schemas(document) == [*told, "Thing.other: no description"]


def test_operations_have_short_names_of_their_own_and_tags_that_are_described(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in _operations(document)]
    assert sorted(names) == sorted(set(names))
    assert max(map(len, names)) < 30
    described = {tag["name"] for tag in document["tags"]}
    used = {tag for _, operation in _operations(document) for tag in operation["tags"]}
    assert used == described, "describe each tag in service/channels/openapi.py"


def test_every_example_is_valid_by_its_own_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    given = [(f"{name}.{field}", schema) for name, field, schema in _fields(document)]
    given += [(name, schema) for name, schema in schemas.items()]
    given += [(f"{where}, {p['name']}", p["schema"]) for where, o in _operations(document) for p in o["parameters"]]
    wrong = [
        f"{where}: {error.message}"
        for where, schema in given
        for example in schema.get("examples", [])
        for error in Draft202012Validator({**schema, "components": document["components"]}).iter_errors(example)
    ]
    assert wrong == []


def test_every_event_has_an_example_of_its_own(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    names = [part["$ref"].rpartition("/")[2] for union in ("ChatEvent", "RunEvent") for part in schemas[union]["oneOf"]]
    assert [name for name in names if not schemas[name].get("examples")] == [], MEND


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", {"parameters": [], **operation}


def _fields(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in document["components"]["schemas"].items():
        for field, about in schema.get("properties", {}).items():
            yield name, field, about


def _routes(document: dict[str, Any]) -> list[str]:
    lacking = []
    for where, operation in _operations(document):
        lacking += [f"{where}: no description"] * (not operation.get("description"))
        for parameter in operation["parameters"]:
            about = {**parameter["schema"], **parameter}
            lacking += _lacks(f"{where}, {parameter['name']}", about)
    return lacking


def _schemas(document: dict[str, Any]) -> list[str]:
    schemas = document["components"]["schemas"]
    lacking = [
        f"{name}: no description" for name, s in schemas.items() if "oneOf" not in s and not s.get("description")
    ]
    for name, field, about in _fields(document):
        lacking += _lacks(f"{name}.{field}", about)
    return lacking


def _lacks(where: str, about: dict[str, Any]) -> list[str]:
    """What ``about`` lacks; a constant needs nothing, and what has a choice or a schema of its own no example."""
    if "const" in about:
        return []
    is_known = "enum" in about or "#/" in json.dumps(about)
    lacking = [f"{where}: no description"] * (not about.get("description"))
    return lacking + [f"{where}: no example"] * (not is_known and "example" not in about and not about.get("examples"))
