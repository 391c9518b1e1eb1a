"""The station record as pydantic models, made from ours so that the fields are the same."""

from __future__ import annotations

import functools
import types
import typing
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model

from stations import model


def collection_model() -> type[BaseModel]:
    """Model of the whole file."""
    station = _model_of(model.Station)
    kind = typing.Literal["FeatureCollection"]
    return create_model("Collection", type=(kind, ...), features=(list[station], ...))


@functools.cache
def _model_of(struct: type[msgspec.Struct]) -> type[BaseModel]:
    config = struct.__struct_config__
    fields: dict[str, Any] = {}
    if config.tag is not None:
        fields[config.tag_field] = (typing.Literal[config.tag], ...)
    hints = typing.get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        if field.default is not msgspec.NODEFAULT:
            default: Any = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            default = Field(default_factory=field.default_factory)
        else:
            default = ...
        fields[field.name] = (_converted(hints[field.name]), default)
    extra = "forbid" if config.forbid_unknown_fields else "ignore"
    return create_model(struct.__name__, __config__=ConfigDict(extra=extra, frozen=True), **fields)


def _converted(hint: object) -> object:
    """The type as pydantic writes it: structs are models, msgspec's bounds are pydantic's."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        bounds = {
            name: getattr(meta, name)
            for meta in args[1:]
            for name in ("ge", "le", "min_length", "max_length", "pattern")
            if getattr(meta, name) is not None
        }
        if "pattern" in bounds:
            # In pydantic's regular expressions $ is the very end, and look-ahead does not exist.
            bounds["pattern"] = bounds["pattern"].replace(r"$(?!\n)", "$")
        return typing.Annotated[_converted(args[0]), Field(**bounds)]
    if origin in {typing.Union, types.UnionType}:
        return typing.Union[tuple(map(_converted, args))]  # noqa: UP007  built at run time
    if origin in {tuple, list, dict}:
        return origin[tuple(_converted(a) if a is not Ellipsis else a for a in args)]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _model_of(hint)
    return hint
