"""The record's page: an address that makes no sense still shows it."""

from __future__ import annotations

from typing import Any

import pytest

from pxeserve.domain.role import Role


@pytest.mark.parametrize("after", ["²", "١", "-1", "x", "9" * 30])
def test_what_is_no_place_in_the_record_is_as_if_it_were_not_said(console: Any, after: str) -> None:
    assert console.as_role(Role.VIEWER).get("/events", query_string={"after": after}).status_code == 200
