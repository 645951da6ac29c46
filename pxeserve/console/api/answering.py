"""From a request to a verb and back, the same way for every route of the tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, g, request

from pxeserve.console.api import etags, idempotency, paging, reading
from pxeserve.console.api.route import BASE, Route, Way
from pxeserve.console.jobs import bench
from pxeserve.operations import registry
from pxeserve.operations.context import Context

JSON = "application/json"


def view(route: Route) -> Callable[..., Response]:
    """What answers at `route`."""

    def answered(**path: str) -> Response:
        if route.method == "POST":
            registry.admit(g.context, registry.verbs()[route.verb])  # also what is only told once more
            return idempotency.once(lambda: _WAYS[route.way](route, path))
        return _WAYS[route.way](route, path)

    return answered


def told(value: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    text = json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))
    return Response(text + "\n", status, mimetype=JSON)


def _arguments(route: Route, path: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The verb's arguments, and what the query says of the answer itself."""
    said = reading.query(route.query, request.args)
    ours: dict[str, Any] = {name: said.pop(name) for name in _OURS[route.way] if name in said}
    body = reading.body(route.body, request.get_data()) if request.method not in ("GET", "HEAD") else {}
    return {**route.given, **said, **body, **path}, ours


_OURS = {
    Way.ANSWER: (), Way.ONE: (), Way.EDIT: (), Way.REMOVE: (), Way.JOB: ("wait",), Way.LIST: ("limit", "cursor", "q"),
    Way.PAGES: ("limit", "cursor", "follow"),
}  # fmt: skip


def _called(route: Route, arguments: dict[str, Any]) -> Any:
    said = {name: value for name, value in arguments.items() if value is not None}  # what is not said is not asked with
    result = registry.call(g.context, route.verb, said)
    return list(result) if isinstance(result, Iterator) else result


def _answer(route: Route, path: dict[str, str]) -> Response:
    arguments, _ = _arguments(route, path)
    result = _called(route, arguments)
    response = told(result, route.status)
    if route.status == 201:
        response.headers["Location"] = f"{BASE}{route.path}/{quote(str(result[route.key]), safe='')}"
        _tag(response, result)
    return response


def _one(route: Route, path: dict[str, str]) -> Response:
    response = _answer(route, path)
    _tag(response, json.loads(response.get_data()))
    return response.make_conditional(request)  # type: ignore[return-value] # it is the same one


def _edit(route: Route, path: dict[str, str]) -> Response:
    arguments, _ = _arguments(route, path)
    arguments["revision"] = etags.wanted(request.headers.get("If-Match"), needed=True)
    result = _called(route, arguments)
    response = told(result, route.status)
    _tag(response, result)
    return response


def _remove(route: Route, path: dict[str, str]) -> Response:
    arguments, _ = _arguments(route, path)
    arguments["revision"] = etags.wanted(request.headers.get("If-Match"), needed=False)
    return told(_called(route, arguments))


def _list(route: Route, path: dict[str, str]) -> Response:
    arguments, ours = _arguments(route, path)
    result = _called(route, arguments)
    items = paging.holding(result[route.within] if route.within else result, (ours.get("q") or "").split())
    part, place = paging.part(items, route.key, paging.place(ours["cursor"]), ours["limit"])
    return _page(part, place, len(items))


def _pages(route: Route, path: dict[str, str]) -> Response:
    arguments, ours = _arguments(route, path)
    place = paging.place(ours["cursor"])
    result = _called(route, {**arguments, "limit": ours["limit"], route.onwards: place[0] if place else None})
    after = result["next"]
    return _page(result[route.within or "items"], (after, 0) if after is not None else None, result.get("total"))


def _page(items: Any, place: paging.Place | None, total: int | None) -> Response:
    cursor = paging.cursor(place) if place is not None else None
    response = told({"items": items, "next": cursor, "total": total})
    if cursor is not None:
        query = urlencode([*((name, value) for name, value in request.args.items(multi=True) if name != "cursor"), ("cursor", cursor)])
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response


def _job(route: Route, path: dict[str, str]) -> Response:
    arguments, ours = _arguments(route, path)
    context: Context = g.context
    work = bench(context.store)
    known = {name: value for name, value in arguments.items() if value is not None}
    job = work.begin(context, route.verb, known, route.about.format(**known))
    status = 200 if work.wait(job, ours["wait"]) else 202
    response = told(registry.call(context, "job.show", {"id": job}), status)
    response.headers["Location"] = f"{BASE}/jobs/{job}"
    return response


def _tag(response: Response, result: Any) -> None:
    revision = result.get("revision", result.get("sha256"))  # of a script
    if revision is not None:
        response.set_etag(etags.etag(revision, response.get_data()))


_WAYS: dict[Way, Callable[[Route, dict[str, str]], Response]] = {
    Way.ANSWER: _answer, Way.ONE: _one, Way.EDIT: _edit, Way.REMOVE: _remove, Way.LIST: _list, Way.PAGES: _pages, Way.JOB: _job,
}  # fmt: skip
