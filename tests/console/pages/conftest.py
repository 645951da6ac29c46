"""The console with a furnished site behind it, and its pages as trees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from tests.console import scene
from tests.console.conftest import Console


class Page:
    """What a browser would make of an answer."""

    def __init__(self, response: Any) -> None:
        self.status = response.status_code
        self.text = response.get_data(as_text=True)
        self.tree = html.document_fromstring(self.text)

    def all(self, path: str) -> list[Any]:
        return list(self.tree.xpath(path))

    def one(self, path: str) -> Any:
        found = self.all(path)
        assert len(found) == 1, f"{path}: {len(found)}"
        return found[0]

    def says(self, path: str = "//main") -> str:
        return " ".join(" ".join(node.text_content() for node in self.all(path)).split())


def look(client: FlaskClient, path: str) -> Page:
    """A page as a browser asks for it; it has to be there."""
    page = Page(client.get(path, headers={"Accept": "text/html"}))
    assert page.status == 200, page.says()
    return page


def send(client: FlaskClient, path: str, values: dict[str, Any], method: str = "POST") -> Any:
    """What htmx sends of a form."""
    return client.open(path, method=method, json=values, headers={"HX-Request": "true", "Accept": "*/*"})


@pytest.fixture(scope="module")
def laid_down(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The furnished site's folder, to be copied: laying it down takes a second. One for each file of tests,
    as what is armed and not heard grows old."""
    folder = tmp_path_factory.mktemp("scene") / "data"
    console = Console(folder)
    scene.furnish(console.store)
    console.close()
    return folder


@pytest.fixture
def furnished(laid_down: Path, tmp_path: Path) -> Iterator[Console]:
    shutil.copytree(laid_down, tmp_path / "data")
    console = Console(tmp_path / "data")
    yield console
    console.close()
