"""What breaks the API is found, and what does not is let pass."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from api_changes import broken

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/ask": {
            "post": {
                "parameters": [
                    {"in": "query", "name": "k", "schema": {"type": "integer", "maximum": 50}},
                    {"in": "header", "name": "key", "schema": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ask"}}}},
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Reply"}},
                            "text/event-stream": {
                                "itemSchema": {
                                    "properties": {"data": {"contentSchema": {"$ref": "#/components/schemas/Event"}}}
                                }
                            },
                        }
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Ask": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "message": {"type": "string", "maxLength": 10},
                    "device": {"type": "string", "enum": ["cpu", "cuda"]},
                },
            },
            "Reply": {
                "type": "object",
                "properties": {
                    "outcome": {"type": "string", "enum": ["answered", "not_covered"]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                },
            },
            "Part": {"type": "object", "properties": {"text": {"type": "string"}}},
            "Event": {"discriminator": {}, "oneOf": [{"$ref": "#/components/schemas/Reply"}]},
        }
    },
}
Change = Callable[[dict[str, Any]], object]


def operation(document: dict[str, Any]) -> Any:
    return document["paths"]["/v1/ask"]["post"]


def schema(document: dict[str, Any], name: str) -> Any:
    return document["components"]["schemas"][name]


def field(document: dict[str, Any], name: str, field: str) -> Any:
    return schema(document, name)["properties"][field]


def changed(change: Change) -> list[str]:
    new = copy.deepcopy(DOCUMENT)
    change(new)
    return broken(DOCUMENT, new)


NEW = {"in": "query", "name": "new", "schema": {"type": "string"}}
OTHER = {"$ref": "#/components/schemas/Part"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["paths"].clear(), "POST /v1/ask is gone"),
        (lambda d: operation(d)["parameters"].pop(0), "POST /v1/ask: k is gone"),
        (
            lambda d: operation(d)["parameters"].append({**NEW, "required": True}),
            "POST /v1/ask: new has become required",
        ),
        (lambda d: operation(d)["parameters"][0].update(required=True), "POST /v1/ask: k has become required"),
        (lambda d: operation(d)["parameters"][0]["schema"].update(maximum=20), "POST /v1/ask: k: maximum is narrower"),
        (lambda d: operation(d)["parameters"][0]["schema"].update(minimum=2), "POST /v1/ask: k: minimum is narrower"),
        (lambda d: operation(d)["parameters"][1]["schema"]["anyOf"].pop(), "POST /v1/ask: key: null is gone"),
        (lambda d: operation(d)["responses"]["200"]["content"].popitem(), "POST /v1/ask: text/event-stream is gone"),
        (lambda d: schema(d, "Ask")["required"].append("device"), "Ask.device has become required"),
        (lambda d: schema(d, "Ask")["properties"].pop("device"), "Ask.device is gone"),
        (lambda d: field(d, "Ask", "device")["enum"].pop(), "Ask.device: other choices"),
        (lambda d: field(d, "Ask", "message").update(maxLength=9), "Ask.message: maxLength is narrower"),
        (lambda d: schema(d, "Part")["properties"].pop("text"), "Part.text is gone"),
        (lambda d: field(d, "Part", "text").update(type="integer"), "Part.text: integer has come"),
        (lambda d: field(d, "Reply", "outcome")["enum"].append("new"), "Reply.outcome: other choices"),
        (lambda d: schema(d, "Event")["oneOf"].pop(), "Event: Reply is gone"),
    ],
)
def test_what_breaks_is_told(change: Change, told: str) -> None:
    assert told in changed(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: None,
        lambda d: d["paths"].update({"/v1/new": {"get": {"responses": {}}}}),
        lambda d: operation(d)["parameters"].append(NEW),
        lambda d: operation(d)["parameters"][0]["schema"].update(maximum=99),
        lambda d: operation(d)["parameters"][0]["schema"].pop("maximum"),
        lambda d: field(d, "Ask", "device")["enum"].append("both"),
        lambda d: schema(d, "Ask")["required"].clear(),
        lambda d: schema(d, "Reply")["properties"].update(new={"type": "string"}),
        lambda d: field(d, "Reply", "outcome")["enum"].pop(),
        lambda d: schema(d, "Event")["oneOf"].append(OTHER),
    ],
)
def test_what_does_not_break_is_let_pass(change: Change) -> None:
    assert changed(change) == []
