"""The pictures of README and docs/console.md, each of what one screen shows: docs-*.png, for docs/screenshots."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Look

DESK = {"width": 1280, "height": 800}
PICTURES = {
    "overview": ("/", "dark", {"width": 1280, "height": 700}), "host": ("/hosts/xen-r1-13", "dark", DESK),
    "editor": ("/answerfiles/profiles/pool", "light", DESK),
    "phone": ("/racks/R2", "light", PHONE),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_taken(look: Look, name: str) -> None:
    path, scheme, size = PICTURES[name]
    seen = look(color_scheme=scheme, viewport=size)
    page = seen.at(path)
    expect(page.locator("h1")).to_be_visible()
    if name == "editor":
        expect(page.locator("#state")).not_to_have_text("Reading…", timeout=30_000)
    seen.keep(f"docs-{name}", whole=False)
    assert seen.complaints == []
