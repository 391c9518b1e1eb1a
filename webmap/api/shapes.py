"""The small parts that descriptions of answers are put together from, as JSON Schema."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
WORKERS: Schema = {"type": "number", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
TEXT: Schema = {"type": "string"}


def ref(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def fields(properties: Schema) -> Schema:
    """Return an object that has all of these properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


def or_null(schema: Schema) -> Schema:
    """Return the same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def described(schema: Schema, words: str) -> Schema:
    """Return the same with words on what it means."""
    return {**schema, "description": words}
