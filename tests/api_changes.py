"""What of an API breaks between two of its OpenAPI documents: see "The API" in CONTRIBUTING."""

from collections.abc import Iterator
from typing import Any, Literal

Document = dict[str, Any]
Way = Literal["in", "out"]
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")


def broken(old: Document, new: Document) -> list[str]:
    """Each change from ``old`` to ``new`` that breaks what used ``old``, in a line."""
    return sorted(set(_Comparison(old, new).operations()))


class _Comparison:
    def __init__(self, old: Document, new: Document) -> None:
        self._old = old
        self._new = new
        self._seen: set[tuple[str, str]] = set()

    def operations(self) -> Iterator[str]:
        for path, methods in self._old["paths"].items():
            for method, operation in methods.items():
                where = f"{method.upper()} {path}"
                other = self._new["paths"].get(path, {}).get(method)
                if other is None:
                    yield f"{where} is gone"
                else:
                    yield from self._parameters(where, operation, other)
                    yield from self._body(where, operation, other)
                    yield from self._responses(where, operation, other)

    def _parameters(self, where: str, old: Any, new: Any) -> Iterator[str]:
        before, after = ({(p["in"], p["name"]): p for p in each.get("parameters", [])} for each in (old, new))
        for key, parameter in after.items():
            if parameter.get("required") and not before.get(key, {}).get("required"):
                yield f"{where}: {key[1]} has become required"
        for key, parameter in before.items():
            if key not in after:
                yield f"{where}: {key[1]} is gone"
            else:
                yield from self._schema(f"{where}: {key[1]}", parameter["schema"], after[key]["schema"], "in")

    def _body(self, where: str, old: Any, new: Any) -> Iterator[str]:
        for media, content in new.get("requestBody", {}).get("content", {}).items():
            before = old.get("requestBody", {}).get("content", {}).get(media)
            if before is None:
                yield f"{where} has got a body"
            else:
                yield from self._schema(where, before["schema"], content["schema"], "in")

    def _responses(self, where: str, old: Any, new: Any) -> Iterator[str]:
        for status, response in old["responses"].items():
            after = new["responses"].get(status, {}).get("content", {})
            if status not in new["responses"]:
                yield f"{where}: {status} is gone"
            for media, content in response.get("content", {}).items():
                if media not in after:
                    yield f"{where}: {media} is gone"
                else:
                    before, now = (c.get("schema") or _events(c) for c in (content, after[media]))
                    yield from self._schema(where, before, now, "out")

    def _schema(self, where: str, old: Any, new: Any, way: Way) -> Iterator[str]:
        name = old.get("$ref", "").rpartition("/")[2]
        if name:
            where = name
            if (name, way) in self._seen:
                return
            self._seen.add((name, way))
        old, new = _resolved(self._old, old), _resolved(self._new, new)
        before, after = _kinds(old), _kinds(new)
        grows = "discriminator" in old  # kinds of events may come
        gone, come = before.keys() - after.keys(), after.keys() - before.keys()
        if gone and (way == "in" or grows):
            yield f"{where}: {', '.join(sorted(gone))} is gone"
        if come and way == "out" and not grows:
            yield f"{where}: {', '.join(sorted(come))} has come"
        for kind in before.keys() & after.keys():
            yield from self._kind(where, before[kind], after[kind], way)

    def _kind(self, where: str, old: Any, new: Any, way: Way) -> Iterator[str]:
        if "$ref" in old:
            yield from self._schema(where, old, new, way)
            return
        narrow, wide = (old, new) if way == "in" else (new, old)
        if wide.get("enum") and not set(narrow.get("enum", [object()])) <= set(wide["enum"]):
            yield f"{where}: other choices"
        if way == "in":
            for limit in (*_UPPER, *_LOWER):
                if _narrower(limit, old.get(limit), new.get(limit)):
                    yield f"{where}: {limit} is narrower"
            required = set(new.get("required", [])) - set(old.get("required", []))
            yield from (f"{where}.{field} has become required" for field in required)
        for field, schema in old.get("properties", {}).items():
            if field not in new.get("properties", {}):
                yield f"{where}.{field} is gone"
            else:
                yield from self._schema(f"{where}.{field}", schema, new["properties"][field], way)
        if "items" in old and "items" in new:
            yield from self._schema(f"{where}[]", old["items"], new["items"], way)


def _events(content: Any) -> Any:
    return content["itemSchema"]["properties"]["data"]["contentSchema"]


def _resolved(document: Document, schema: Any) -> Any:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _kinds(schema: Any) -> dict[str, Any]:
    """The alternatives of a schema, by the name or type of each."""
    parts = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return {part.get("$ref", "").rpartition("/")[2] or str(part.get("const", part.get("type"))): part for part in parts}


def _narrower(limit: str, old: float | None, new: float | None) -> bool:
    if new is None:
        return False
    return old is None or (new < old if limit in _UPPER else new > old)
