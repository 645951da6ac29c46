"""The API described for programs: OpenAPI 3.1, drawn from the same tables by which requests are answered, so that the two cannot differ.

Refuses to know how a request is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from pxeserve import __version__
from pxeserve.console.api import backup_bytes, following, sending, verbs
from pxeserve.console.api.jobs import JobShown
from pxeserve.console.api.naming import REF, Json, Schemas, pruned, renamed, short
from pxeserve.console.api.route import BASE, Route, Way
from pxeserve.console.api.shape import Answer, Nothing
from pxeserve.console.api.table import NOUNS, ROUTES
from pxeserve.console.problems import PROBLEM
from pxeserve.operations import registry

ABOUT = """
Everything that the command line does. Roles: `viewer` reads all but secrets, `operator` arms, cancels and edits, `admin` has all.
Send `Authorization: Bearer TOKEN`. Every error is a problem (RFC 9457) with a stable `code` and, in `fix`, what to do.

* **Editing** hosts, profiles, scripts and the site: GET gives an `ETag`; PATCH and PUT want it in `If-Match` (428 without), and are refused
  with 412 and the fields that somebody else has changed since. `If-Match: *` changes the thing whatever it is now. DELETE takes it too, and
  does not need it.
* **Lists**: `limit` (500 at most) and `cursor`; `next` and the `Link` header lead on, `total` says how many there are where that is known.
  `q` finds words in any value; other fields of a query narrow by what they are called.
* **What takes long** is a job: 202, and its address in `Location`. With `wait` the answer waits for its end, 30 seconds at most, and is
  then 200.
* **Sending a POST twice**: with an `Idempotency-Key` it is carried out once, for a day; the second gets the first's answer. Another request
  with the same key is refused with 422, one while the first is under way with 409. What was refused is not kept.
"""

_LICENSE = {"name": "MIT", "identifier": "MIT"}
_TOKEN = "An API token: pxeserve token create makes one."  # noqa: S105 - what one is
_PROBLEMS = {
    400: "The request cannot be read: no JSON, a name twice, too deep, or a header that is none.",
    401: "Nobody is logged in, or the token is over.",
    403: "The role is too small, or a password has to be given once more.",
    404: "There is no such thing.",
    409: "Somebody was first, or it would not be safe.",
    412: "It was changed since it was read: `changed` names the fields.",
    413: "The body is too long.",
    415: "The body is of another media type.",
    421: "The Host header names another server.",
    422: "A field is wrong: `errors` names each.",
    428: "If-Match is needed.",
    429: "Too many requests.",
    500: "Not foreseen; the service's log has more under the incident.",
    503: "The service is busy, or not set up yet.",
}
_ALWAYS = (400, 401, 403, 404, 409, 413, 421, 422, 429, 500, 503)
_WITH_BODY = (415,)
_EDITS = (412, 428)


@cache
def document() -> Json:
    """The whole document."""
    inputs: list[tuple[Any, Any, TypeAdapter[Any]]] = []
    for one in ROUTES:
        inputs.append((("answer", one.operation), "serialization", TypeAdapter(one.answer)))
        inputs.append((("body", one.operation), "validation", TypeAdapter(one.body)))
        inputs.append((("query", one.operation), "validation", TypeAdapter(one.query)))
    for name, kind in (("job", JobShown), *sending.SCHEMAS, *backup_bytes.SCHEMAS, *verbs.SCHEMAS):
        inputs.append(((name, ""), "serialization" if issubclass(kind, Answer) else "validation", TypeAdapter(kind)))
    found, defs = TypeAdapter.json_schemas(inputs, ref_template=REF, schema_generator=Schemas)
    if "Problem" in defs.get("$defs", {}):
        raise ValueError("a model is called Problem, as what is answered when something is refused")
    schemas = {"Problem": _problem(), **defs.get("$defs", {})}
    drawn: Json = {
        "openapi": "3.1.0",
        "info": {"title": "pxeserve", "version": __version__, "description": ABOUT.strip(), "license": _LICENSE},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "tags": [{"name": tag, "description": about} for tag, about in _tags()],
        "paths": _paths(found, schemas),
        "components": {
            "schemas": schemas,
            "responses": {str(status): _refused(said) for status, said in _PROBLEMS.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _TOKEN}},
        },
    }
    found_names = short(defs.get("$defs", {}))
    whole: Json = renamed(pruned(drawn), found_names)
    return whole


def _paths(found: Mapping[tuple[Any, Any], Any], schemas: Json) -> Json:
    paths: Json = {}
    for one in ROUTES:
        path = one.path
        operation = _operation(
            one,
            found[("answer", one.operation), "serialization"],
            found[("body", one.operation), "validation"],
            _resolved(found[("query", one.operation), "validation"], schemas),
        )
        paths.setdefault(path, {})[one.method.lower()] = operation
    paths[following.PATH]["get"]["responses"]["200"]["content"][following.KIND] = {"schema": {"type": "string"}}
    for path, method, drawn in (*sending.operations(), *backup_bytes.operations(), *verbs.operations(), _own()):
        paths.setdefault(path, {})[method] = {**drawn, "responses": {**drawn["responses"], **_refusals(_ALWAYS)}}
    return paths


def _own() -> tuple[str, str, Json]:
    said = {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return "/openapi.json", "get", {
        "operationId": "get_openapi", "tags": ["status"], "summary": "This document", "x-role": "viewer", "responses": {"200": said},
    }  # fmt: skip


def _operation(route: Route, answer: Any, body: Any, query: Json) -> Json:
    asked = registry.verbs()[route.verb]
    fresh = " The password must have been given within the last minutes, unless it is a token that asks." if asked.fresh else ""
    said = "revision" in route.body.model_fields  # an editor says in the body what it has read
    edits = _EDITS if route.way is Way.EDIT else (412,) if route.way is Way.REMOVE or said else ()
    has_body = route.method not in ("GET", "DELETE")
    drawn: Json = {
        "operationId": route.operation,
        "tags": [route.tag],
        "summary": route.summary,
        "description": f"Role: {asked.role.word}.{fresh}",
        "x-verb": route.verb,
        "x-role": asked.role.word,
        "parameters": [*_of_path(route), *_of_query(query), *_of_headers(route)],
    }
    if has_body and route.body is not Nothing:
        required = bool(route.body.model_json_schema().get("required"))
        drawn["requestBody"] = {"required": required, "content": {"application/json": {"schema": body}}}
    drawn["responses"] = {**_answers(route, answer), **_refusals((*_ALWAYS, *edits, *(_WITH_BODY if has_body else ())))}
    return drawn


def _answers(route: Route, answer: Any) -> Json:
    location = {"Location": {"schema": {"type": "string"}, "required": True}}
    tag = {"ETag": {"schema": {"type": "string"}, "required": True}}
    match route.way:
        case Way.JOB:
            job = _shown_job(answer)
            return {"202": _content(job, "A job has begun.", location), "200": _content(job, "It ended while it was waited for.", location)}
        case Way.LIST | Way.PAGES:
            return {"200": _content(_page(answer), "A page.", {"Link": {"schema": {"type": "string"}}})}
        case Way.ONE:
            return {"200": _content(answer, "As it is now.", tag), "304": {"description": "Still the same (If-None-Match)."}}
        case Way.EDIT:
            return {"200": _content(answer, "As it is now.", tag)}
    return {str(route.status): _content(answer, "Done.", location if route.status == 201 else {})}


def _shown_job(result: Any) -> Json:
    return {"allOf": [{"$ref": REF.format(model="JobShown")}, {"properties": {"result": {"anyOf": [result, {"type": "null"}]}}}]}


def _page(item: Any) -> Json:
    return {
        "type": "object",
        "required": ["items", "next", "total"],
        "additionalProperties": False,
        "properties": {
            "items": {"type": "array", "items": item},
            "next": {"type": ["string", "null"], "description": "The cursor of the next page; none at the end."},
            "total": {"type": ["integer", "null"], "description": "How many there are in all, where that is known."},
        },
    }


def _content(schema: Any, said: str, headers: Json) -> Json:
    return {"description": said, **({"headers": headers} if headers else {}), "content": {"application/json": {"schema": schema}}}


def _of_path(route: Route) -> list[Json]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for name in route.names]


def _of_query(schema: Json) -> list[Json]:
    needed = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "description": one.pop("description", ""), "schema": _plain(one),
         **({"style": "form", "explode": True} if _is_list(one) else {})}
        for name, one in ((name, dict(one)) for name, one in schema.get("properties", {}).items())
    ]  # fmt: skip


def _plain(schema: Json) -> Json:
    """A query has no null: what is not said is left out."""
    if "anyOf" not in schema:
        return schema
    rest = [one for one in schema["anyOf"] if one.get("type") != "null"]
    others = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest[0], **others} if len(rest) == 1 else {"anyOf": rest, **others}


def _is_list(schema: Json) -> bool:
    return _plain(schema).get("type") == "array"


def _of_headers(route: Route) -> list[Json]:
    found = []
    if route.way in (Way.EDIT, Way.REMOVE):
        said = "The ETag that GET gave, or `*`."
        needed = route.way is Way.EDIT
        found.append({"name": "If-Match", "in": "header", "required": needed, "description": said, "schema": {"type": "string"}})
    if route.method == "POST":
        said = "A word of your own for this one request: sent twice, it is carried out once."
        schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "description": said, "schema": schema})
    return found


def _resolved(schema: Json, schemas: Json) -> Json:
    """A query's own schema, which the document spells out as parameters."""
    reference = schema.get("$ref", "")
    return dict(schemas[reference.rpartition("/")[2]]) if reference else schema


def _refusals(statuses: Iterable[int]) -> Json:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}


def _refused(said: str) -> Json:
    return {"description": said, "content": {PROBLEM: {"schema": {"$ref": REF.format(model="Problem")}}}}


def _problem() -> Json:
    field = {
        "type": "object",
        "required": ["where", "field", "detail"],
        "properties": {"where": {"enum": ["body", "query", "header"]}, "field": {"type": "string"}, "detail": {"type": "string"}},
    }
    return {
        "type": "object",
        "description": "Why not, and what to do (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What is wrong, with its name and place."},
            "code": {"type": "string", "description": "A stable word for programs."},
            "fix": {"type": "string", "description": "What to do."},
            "request": {"type": "string", "description": "The request's id, as the log has it."},
            "incident": {"type": "string", "description": "Of what was not foreseen, as the log has it."},
            "errors": {"type": "array", "items": field, "description": "Each field that is wrong."},
            "last": {"type": "object", "description": "The last change, where it is known: `who`, and `at` in epoch seconds."},
            "changed": {"type": "array", "items": {"type": "string"}, "description": "Which fields were changed by somebody else."},
        },
    }


def _tags() -> Iterable[tuple[str, str]]:
    seen: dict[str, str] = {}
    for noun in NOUNS:
        for one in noun.ROUTES:
            seen.setdefault(one.tag, (noun.__doc__ or "").strip().partition("\n")[0])
    return [*seen.items(), ("verbs", "The command line's own way to drive a server that is not on its machine.")]
