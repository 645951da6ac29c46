"""The document's schemas: only those that something leads to, and by names as short as they can be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

REF = "#/components/schemas/{model}"
_BENEATH = REF.format(model="")
Json = dict[str, Any]


class Schemas(GenerateJsonSchema):
    """Draws every name as short as it can be."""

    def get_title_from_name(self, name: str) -> str:
        """No titles for fields: their names say it."""
        del name
        return ""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """See `get_title_from_name`."""
        del schema
        return False


def pruned(drawn: Json) -> Json:
    """Without the schemas that nobody names: those of queries are spelt out as parameters."""
    schemas = drawn["components"]["schemas"]
    named: set[str] = set()
    waiting = [drawn["paths"], drawn["components"]["responses"]]
    while waiting:
        for name in _names(waiting.pop()) - named:
            named.add(name)
            waiting.append(schemas[name])
    drawn["components"]["schemas"] = {name: one for name, one in schemas.items() if name in named}
    return drawn


def _names(value: Any) -> set[str]:
    """The schemas that are named anywhere in `value`."""
    if isinstance(value, dict):
        own = {str(value["$ref"]).rpartition("/")[2]} if str(value.get("$ref", "")).startswith(_BENEATH) else set()
        return own.union(*(_names(one) for one in value.values())) if value else own
    return set().union(*(_names(one) for one in value)) if isinstance(value, list) and value else set()


def short(names: Iterable[str]) -> dict[str, str]:
    """Short names for those that pydantic had to spell with their modules, since two are called alike."""
    found = {}
    for name in names:
        parts = name.split("__")
        if len(parts) > 1:
            room = next(part for part in reversed(parts[:-1]) if part.lower() not in parts[-1].lower())
            found[name] = room.replace("_", " ").title().replace(" ", "") + parts[-1]
    return found


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """`value` with the schemas called by `names`, and without empty titles."""
    match value:
        case dict():
            return {names.get(key, key): renamed(one, names) for key, one in value.items() if not (key == "title" and one == "")}
        case list():
            return [renamed(one, names) for one in value]
        case str() if value.startswith(_BENEATH):
            return re.sub(r"[^/]+$", lambda match: names.get(match[0], match[0]), value)
    return value
