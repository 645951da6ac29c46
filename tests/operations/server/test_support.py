"""What a support bundle holds: bounded, and nothing that looks like a secret, whoever said it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pxeserve.config import load
from pxeserve.errors import PxeserveError
from pxeserve.operations.server import support

SLOW = ("doctor.json", "log.txt", "sockets.txt", "routes.txt")
"""What looks at this machine for seconds."""
CONFIG = load(env={}, overrides={"server": {"data": "/nowhere/at/all"}})


def parts(**said: Any) -> dict[str, bytes]:
    """A bundle of a service that answers with `said`, and refuses everything else."""

    def ask(verb: str, _arguments: Mapping[str, Any]) -> Any:
        if verb not in said:
            raise PxeserveError("the service went away")
        return said[verb]

    return {part.file: part.text for part in support.gathered(CONFIG, ask, SLOW)}


@pytest.mark.parametrize(
    "secret",
    [
        "$6$rounds=5000$saltsalt$abcdefghijklmnop", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaGhhc2g", "password=hunter2hunter2",
        "Bearer pxt_abcdefghijklmnop", "http://anna:hunter2hunter2@192.0.2.1/x",
        "-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6\n-----END PRIVATE KEY-----",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_taken_out(secret: str) -> None:
    said = parts(status={"text": f"before {secret} after"})["status.json"].decode()
    assert "before" in said
    assert "after" in said
    for core in ("hunter2", "abcdefghijklmnop", "aGFzaGhhc2g", "MIIBVAIBADAN"):
        assert core not in said


def test_it_is_bounded_and_the_newest_stays() -> None:
    said = parts(status=["x" * 100] * 100_000 + ["the last"])["status.json"]
    assert len(said) <= support.MOST + 100
    assert b"are left out" in said[:60]
    assert b"the last" in said


def test_what_cannot_be_had_is_said_and_the_rest_is_there() -> None:
    """A service that is stuck is just when a bundle is wanted."""
    found = parts(**{"media.list": []})
    assert found["status.json"] == b"cannot be had: the service went away\n"
    assert found["media.json"] == b"[]\n"
    assert b'"python"' in found["versions.json"]
    assert b'"lo"' in found["interfaces.json"]
    assert all(name.encode() in found["README.txt"] for name in found if name != "README.txt")
    assert b"No passwords" in found["README.txt"]


def test_a_part_may_be_left_out_and_one_that_there_is_not_is_named() -> None:
    assert {"doctor.json", "log.txt"} & parts().keys() == set()
    with pytest.raises(PxeserveError, match="there is no part 'log'") as caught:
        support.gathered(CONFIG, lambda _verb, _arguments: None, ["log"])
    assert "log.txt" in caught.value.fix


def test_events_come_page_by_page_the_oldest_first() -> None:
    pages = {None: {"items": [{"id": 4}, {"id": 3}], "next": 3}, 3: {"items": [{"id": 2}], "next": None}}

    def ask(verb: str, arguments: Mapping[str, Any]) -> Any:
        if verb != "event.page":
            raise PxeserveError("not asked")
        return pages[arguments["after"]]

    (found,) = [part.text for part in support.gathered(CONFIG, ask, SLOW) if part.file == "events.jsonl"]
    assert found == b'{"id": 2}\n{"id": 3}\n{"id": 4}\n'
