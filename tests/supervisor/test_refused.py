"""What stops a service before it has begun is said in one message, with the exit status that the manual promises."""

from __future__ import annotations

import os
from typing import Any

import pytest

ROOT = os.geteuid() == 0


def refused(service: Any, *more: str) -> tuple[int, str]:
    """Exit status and all that was said by a serve that is expected to end at once."""
    service.launch(service.pxeserve, "serve", *more)
    status = service.ended()
    service.drained()
    said = "".join(service.log)
    assert "Traceback" not in said
    return status, said


def test_a_configuration_that_is_not_there_is_named(service: Any) -> None:
    missing = service.folder / "nowhere.toml"
    status, said = refused(service, "--config", str(missing))
    assert status == 1
    assert said.count("error: ") == 1
    assert str(missing) in said


def test_wrong_use_is_2(service: Any) -> None:
    status, said = refused(service, "--no-such-option")
    assert status == 2
    assert "--no-such-option" in said


def test_a_data_folder_whose_name_is_too_long_for_a_socket_is_refused_with_the_way_out(service: Any) -> None:
    long = service.folder / ("x" * 100)
    status, said = refused(service, "--config", str(service.config), "--data", str(long))
    assert status == 1
    assert said.count("error: ") == 1
    assert str(long) in said
    assert "shorter" in said


def test_a_data_folder_that_is_a_file_is_refused(service: Any) -> None:
    service.data.write_text("no folder")
    status, said = refused(service, "--config", str(service.config))
    assert status == 1
    assert f"{service.data}: " in said


def test_an_interface_that_cannot_exist_is_refused(service: Any) -> None:
    service.config.write_text(service.config.read_text().replace('"lo"', '"a-name-that-no-interface-can-have"'))
    status, said = refused(service, "--config", str(service.config))
    assert status == 1
    assert "there is no interface a-name-that-no-interface-can-have" in said


@pytest.mark.skipif(not ROOT, reason="other users can be played by root alone")
def test_somebody_elses_data_is_not_opened_even_where_only_a_file_within_is_theirs(service: Any) -> None:
    service.start()
    service.stop()
    database = next((service.data / "state").glob("*.db"), None) or next(path for path in (service.data / "state").iterdir())
    os.chown(database, 0, 0)
    database.chmod(0o600)
    status, said = refused(service, "--config", str(service.config))
    assert status == 1
    assert str(service.data) in said
