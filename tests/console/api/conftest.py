"""A site to ask for: a sample medium, a profile, hosts; and somebody with a token for each role."""

from __future__ import annotations

import contextlib
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import TypeAdapter
from werkzeug.test import TestResponse

from pxeserve.console.api.jobs import JobShown
from pxeserve.console.api.route import BASE, Route, Way
from pxeserve.console.api.table import ROUTES
from pxeserve.domain.role import Role
from pxeserve.repo.sample import make_sample
from tests.console.conftest import Console

ANSWERS = ["primary-disk=sda", "timezone=Europe/London", "admin-interface.name=eth0", "admin-interface.proto=dhcp"]


def a_host(name: str, **more: Any) -> dict[str, Any]:
    """What makes a host of that name, with a card of its own."""
    digits = f"{zlib.crc32(name.encode()) & 0xFFFFFF:06x}"
    return {"name": name, "profile": "rack", "mac": [f"52:54:00:{digits[:2]}:{digits[2:4]}:{digits[4:]}"], **more}


class Api:
    """The API as a program asks for it. Every answer is held to its description."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def ask(self, method: str, path: str, **how: Any) -> TestResponse:
        response = self.client.open(BASE + path, method=method, **how)
        hold(method, path.partition("?")[0], response)
        return response

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.ask("GET", path, **how)

    def post(self, path: str, json: Any = None, **how: Any) -> TestResponse:
        return self.ask("POST", path, **({"json": json} if json is not None else {}), **how)

    def patch(self, path: str, json: Any, match: str | None = "*", **how: Any) -> TestResponse:
        headers = {"If-Match": match} if match is not None else {}
        return self.ask("PATCH", path, json=json, headers=headers, **how)

    def done(self, path: str, json: Any = None) -> Any:
        """The result of a job, waited for."""
        response = self.post(f"{path}?wait=30", json)
        assert response.status_code == 200, response.text
        assert response.json["state"] == "done", response.json
        return response.json["result"]


def hold(method: str, path: str, response: TestResponse) -> None:
    """Hold an answer to what the tables say of it."""
    if response.status_code == 304:
        return
    if response.status_code >= 400:
        assert response.mimetype == "application/problem+json", response.text
        assert {"type", "title", "status", "detail", "code"} <= response.json.keys()
        assert response.json["status"] == response.status_code
        return
    route = route_of(method, path)
    if route is None or response.mimetype != "application/json":
        return
    value = response.json
    if route.way in (Way.LIST, Way.PAGES):
        assert value.keys() == {"items", "next", "total"}
        fits(list[route.answer], value["items"])  # type: ignore[name-defined]
    elif route.way is Way.JOB:
        fits(JobShown, value)
        if value["result"] is not None:
            fits(route.answer, value["result"])
    else:
        fits(route.answer, value)


def fits(kind: Any, value: Any) -> None:
    with contextlib.suppress(TypeError):  # a plain dictionary has no fields
        TypeAdapter(kind).validate_python(value)
        return
    TypeAdapter(kind).validate_python(value)


def route_of(method: str, path: str) -> Route | None:
    parts = path.split("/")
    found = [
        route for route in ROUTES
        if route.method == method and len(route.path.split("/")) == len(parts)
        and all(own.startswith("{") or own == part for own, part in zip(route.path.split("/"), parts, strict=True))
    ]  # fmt: skip
    return min(found, key=lambda route: len(route.names), default=None)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with boot loaders, medium `sample`, profile `rack` and host `xen01`, made once through the API itself."""
    if not Path("/usr/lib/PXELINUX/pxelinux.0").exists():
        pytest.skip("pxelinux is not installed")
    folder = tmp_path_factory.mktemp("furnished")
    make_sample(folder / "sample")
    console = Console(folder / "data")
    api = Api(console.as_token(Role.OPERATOR))
    api.done("/loaders", {})
    api.done("/media", {"name": "sample", "source": str(folder / "sample")})
    assert api.post("/profiles", {"name": "rack", "medium": "sample", "set": ANSWERS}).status_code == 201
    assert api.post("/hosts", {"name": "xen01", "profile": "rack", "mac": ["52:54:00:77:00:01"]}).status_code == 201
    console.close()
    return folder


@pytest.fixture
def console(furnished: Path, tmp_path: Path) -> Iterator[Console]:
    """A console on a copy of it."""
    shutil.copytree(furnished / "data", tmp_path / "data")
    console = Console(tmp_path / "data")
    yield console
    console.close()


@pytest.fixture
def operator(console: Console) -> Api:
    return Api(console.as_token(Role.OPERATOR))


@pytest.fixture
def viewer(console: Console) -> Api:
    return Api(console.as_token(Role.VIEWER))


@pytest.fixture
def admin(console: Console) -> Api:
    return Api(console.as_token(Role.ADMIN))


@pytest.fixture
def site(operator: Api) -> Api:
    """The same as an operator."""
    return operator
