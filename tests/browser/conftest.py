"""Real Chromium on the real console: TLS, gate, sessions and live stream are those of the service; the site behind it is laid down.

Pictures of what was seen are left in the folder that PXESERVE_SHOTS names, else in .cache/shots.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pxeserve.console import csrf
from pxeserve.domain.role import Role
from tests.console import scene
from tests.console.served import Served, served

pytest.importorskip("playwright.sync_api")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, Request, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
WIDE, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 60_000
"""Milliseconds after which something that should be seen is not believed to come any more. Nothing is measured with it."""
expect.set_options(timeout=PATIENCE)
GRAVE = frozenset({"serious", "critical"})
SHOTS = Path(os.environ.get("PXESERVE_SHOTS") or Path(__file__).parents[2] / ".cache" / "shots")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are browser tests."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Looking:
    """A page in a browser of somebody's; what the browser complains of is kept. `place` is where the console answers."""

    def __init__(self, page: Page, place: str) -> None:
        self.page = page
        self.place = place
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failed)

    def _failed(self, request: Request) -> None:
        """What did not come, unless the page was left meanwhile."""
        if "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"{request.url}: {request.failure}")

    def at(self, path: str) -> Page:
        """The page at that path."""
        self.page.goto(self.place + path)
        return self.page

    def grave(self) -> list[str]:
        """What axe finds on the page that keeps people from using it."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in GRAVE]

    def sideways(self) -> int:
        """By how many pixels the page is wider than the screen."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def keep(self, name: str, *, whole: bool = True) -> None:
        """Leave a picture: of the whole page, or of what a screen shows."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=whole)


Look = Callable[..., Looking]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all browsers of a run: there cannot be two in one process."""
    with sync_playwright() as one:
        yield one


Launch = Callable[..., AbstractContextManager[Browser]]


@pytest.fixture(scope="session")
def launch(playwright: Playwright) -> Launch:
    """Starts a browser, or, of another program than `chromium`, one that starts it elsewhere."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")

    @contextmanager
    def started(program: str | Path = CHROMIUM) -> Iterator[Browser]:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()

    return started


@pytest.fixture(scope="session")
def chromium(launch: Launch) -> Iterator[Browser]:
    """The browser that most tests share; each looks with a context of its own."""
    with launch() as browser:
        yield browser


@pytest.fixture(scope="module")
def console() -> Iterator[Served]:
    """A console with a furnished site behind it, for the tests of one file."""
    with served() as one:
        scene.furnish(one.store)
        yield one


@pytest.fixture
def look(chromium: Browser, console: Served) -> Iterator[Look]:
    """A browser of somebody with that role; `more` is what it is like (Playwright's words for a context)."""
    opened = []

    def made(role: Role = Role.ADMIN, session: str | None = None, **more: Any) -> Looking:
        like = {"viewport": WIDE, "locale": "en-GB", "timezone_id": "Europe/Paris", **more}
        context = chromium.new_context(ignore_https_errors=True, **like)
        opened.append(context)
        secret = session or console.session(role)
        context.add_cookies([{"name": csrf.COOKIE, "value": secret, "url": f"https://127.0.0.1:{console.port}", "secure": True}])
        return Looking(context.new_page(), f"https://127.0.0.1:{console.port}")

    yield made
    for context in opened:
        context.close()
