"""A request's body and query as the arguments of a verb. What does not fit is told by the names of all the fields that are wrong.

Refuses to know what any field is for: the models say it.
"""

from __future__ import annotations

import types
import typing
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from pxeserve.console.limits import parsed
from pxeserve.errors import PxeserveError


@dataclass(frozen=True, slots=True)
class Wrong:
    """One field that is wrong: in the `body`, the `query` or a `header`; by its name, dots leading inside."""

    where: str
    field: str
    detail: str


class WrongFieldsError(PxeserveError):
    """A request of which some fields are wrong; `fields` are they."""

    def __init__(self, fields: tuple[Wrong, ...], code: str = "invalid") -> None:
        first = fields[0]
        more = f", and {len(fields) - 1} more" if len(fields) > 1 else ""
        super().__init__(f"{first.where}: {first.field or 'all of it'}: {first.detail}{more}", code=code, fix="")
        self.fields = fields

    def plain(self) -> list[dict[str, str]]:
        """For the problem's `errors`."""
        return [asdict(one) for one in self.fields]


_MOST = 20


def body(model: type[BaseModel], raw: bytes) -> dict[str, Any]:
    """The fields that a JSON body holds; no body at all is an empty object. Raises WrongFieldsError, and for what is no JSON of ours
    what `limits.parsed` does."""
    text = raw or b"{}"
    value = parsed(text)
    if not isinstance(value, dict):
        raise WrongFieldsError((Wrong("body", "", "a JSON object is needed"),))
    return _fields(lambda: model.model_validate_json(text, strict=True), "body")


def query(model: type[BaseModel], given: MultiDict[str, str]) -> dict[str, Any]:
    """The fields that a query holds. Raises WrongFieldsError."""
    many = {field.alias or name for name, field in model.model_fields.items() if _takes_many(field.annotation)}
    twice = tuple(Wrong("query", name, "stands more than once") for name in given if name not in many and len(given.getlist(name)) > 1)
    if twice:
        raise WrongFieldsError(twice)
    values = {name: given.getlist(name) if name in many else given[name] for name in given}
    return _fields(lambda: model.model_validate(values), "query")


def _fields(read: typing.Callable[[], BaseModel], where: str) -> dict[str, Any]:
    try:
        found = read()
    except ValidationError as error:
        raise WrongFieldsError(tuple(_wrong(where, one) for one in error.errors()[:_MOST])) from None
    values = ((name, getattr(found, name)) for name in type(found).model_fields)
    return {name: value.model_dump() if isinstance(value, BaseModel) else value for name, value in values}


def _wrong(where: str, error: ErrorDetails) -> Wrong:
    said = "there is no such field" if error["type"] == "extra_forbidden" else error["msg"].removeprefix("Value error, ")
    name = ".".join(str(part) for part in error["loc"] if isinstance(part, int) or not part.endswith("]"))
    return Wrong(where, name[:200], said[:500])


def _takes_many(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(_takes_many(one) for one in typing.get_args(annotation))
    if origin is typing.Annotated:
        return _takes_many(typing.get_args(annotation)[0])
    return origin is list
