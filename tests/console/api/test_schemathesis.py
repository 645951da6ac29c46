"""The whole document against the whole application, by somebody who has read nothing but the document (schemathesis): valid requests and
broken ones, and every answer as it is described.

One check is left out: that all that fits the schema is accepted. What a name may be that is taken already, or a medium that is not there,
no schema says; these are refused with a problem, which is described.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from pxeserve.console import jobs
from pxeserve.console.api.document import document
from pxeserve.domain.role import Role
from tests.console.conftest import PLACE, Console

REFUSALS = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "428"]
"""With which a request that does not fit may be refused: also because it is too long to be looked at."""
CONFIG = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
FEW, MANY = 6, 60
BOUNDED = settings(
    max_examples=FEW, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)  # fmt: skip
LONG = settings(max_examples=MANY, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@schemathesis.hook
def map_query(_context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Nobody reads a stream to its end: following has tests of its own."""
    if isinstance(query, dict) and query.get("follow"):
        return {**query, "follow": False}
    return query


@schemathesis.hook
def filter_query(_context: Any, query: dict[str, Any] | None) -> bool:
    """What leaves no trace in an address, as an empty list does, violates nothing there."""
    return not any(value is None or value in ([], {}) for value in (query or {}).values())


def at_its_place(app: Callable[..., Any]) -> Callable[..., Any]:
    """The application as it is asked by its own name, over TLS."""

    def asked(environ: dict[str, Any], start: Any) -> Any:
        environ["HTTP_HOST"], environ["wsgi.url_scheme"] = PLACE, "https"
        return app(environ, start)

    return asked


class Asked:
    """A site, and the document as it gives it."""

    def __init__(self, folder: Path) -> None:
        self.console = Console(folder)
        token = self.console.as_token(Role.ADMIN).environ_base["HTTP_AUTHORIZATION"]
        self.headers = {"Authorization": token}
        place = at_its_place(self.console.app)
        self.schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", place, config=CONFIG, headers=self.headers)


@pytest.fixture(scope="module")
def asked(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("asked") / "data"
    shutil.copytree(furnished / "data", folder)
    made = Asked(folder)
    yield made
    made.console.close()


@pytest.fixture(autouse=True)
def _nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are written down and not carried out: what they do has tests of its own."""
    monkeypatch.setattr(jobs, "MOST", 1 << 20)
    monkeypatch.setattr(jobs.Bench, "_put", lambda *_: None)


def ask_all(asked: Asked, path: str, method: str, mode: GenerationMode, much: settings) -> None:
    strategy = asked.schema[path][method].as_strategy(generation_mode=mode)

    @much
    @given(case=strategy)
    def one(case: Any) -> None:
        case.call_and_validate(headers=asked.headers, excluded_checks=[checks.positive_data_acceptance])

    one()


OPERATIONS = [(path, method) for path, operations in document()["paths"].items() for method in operations]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda one: str(one))
def test_every_operation_answers_as_it_is_described(asked: Asked, path: str, method: str, mode: GenerationMode) -> None:
    ask_all(asked, path, method, mode, BOUNDED)


@pytest.mark.long
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda one: str(one))
def test_every_operation_many_times(asked: Asked, path: str, method: str, mode: GenerationMode) -> None:
    ask_all(asked, path, method, mode, LONG)
