"""Keys in addresses: what stands behind a `?` is used to fetch, and told nowhere: not when it works, and not when anything goes wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pxeserve.domain.medium import Medium
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.repo import staging
from pxeserve.repo.sources.telling import told
from pxeserve.repo.staging import BrokenOffError
from pxeserve.store import Store, media
from tests.repo.mirror import Mirror

KEY = "zq0123456789abcdef"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("http://h/a.iso?token=zq1&user=ada", "http://h/a.iso?token=********&user=********"),
        ("https://h/a?zq1", "https://h/a?********"),
        ("https://h/a?enExMjM0NQ==", "https://h/a?********"),
        ("https://h/a?b=1#zq1", "https://h/a?b=********#********"),
        ("https://h/a#zq1?b=zq1", "https://h/a#********"),
        ("https://h/a?", "https://h/a?"),
        ("https://h/a.iso", "https://h/a.iso"),
        ("/srv/what?is=this.iso", "/srv/what?is=this.iso"),
    ],
)
def test_an_address_is_told_without_what_stands_behind_it(source: str, shown: str) -> None:
    assert told(source) == told(shown) == shown


def test_a_key_in_an_address_is_used_and_never_told(
    store: Store, data: Path, mirror: Mirror, fetch: Callable[..., Medium], caplog: pytest.LogCaptureFixture
) -> None:
    """A signed link, as clouds give them away; the server cuts it, refuses it, leads on with it, and says it back."""
    url, errors = f"{mirror.url}/x.tar?X-Sig={KEY}&{KEY}", []

    def fails() -> None:
        with pytest.raises(PxeserveError) as error:
            fetch(url)
        errors.append(f"{error.value.message} {error.value.fix}")

    mirror.status = 403
    fails()
    mirror.status, mirror.fields = 200, {"Content-Encoding": "gzip"}
    fails()
    mirror.fields, mirror.location = {}, lambda path: path
    fails()
    mirror.location = lambda path: f"ftp://elsewhere{path}"
    fails()
    mirror.location, mirror.cut_after = lambda _path: None, 1_000_000
    fails()
    assert "broke off after 1000000" in errors[-1]
    (left,) = staging.underway(data / "media")
    assert left.sources[0] == f"{mirror.url}/x.tar?X-Sig=********&********"
    kept = b"".join((data / "media" / ".staging-far" / name).read_bytes() for name in ("journal", "fetched-0.json"))
    assert mirror.url.encode() in kept
    with pytest.raises(RefusedError, match="hidden"):
        fetch(left.sources[0])
    mirror.cut_after, mirror.sent = None, 0
    medium = fetch(url)
    assert mirror.asked[-1] == (f"/x.tar?X-Sig={KEY}&{KEY}", "bytes=1000000-")
    with store.site.read() as connection:
        origin, _ = media.origin(connection, medium.name)
        audited = str(connection.exec_driver_sql("SELECT * FROM audit").all())
    assert origin == left.sources[0]
    for said in (*errors, kept.decode(), origin, audited, caplog.text):
        assert KEY not in said


def test_a_key_in_an_address_does_not_come_back_from_what_speaks_no_http(fetch: Callable[..., Medium]) -> None:
    """An echo: it says the request itself."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        def echo() -> None:
            with suppress(OSError):
                while True:
                    client, _ = door.accept()
                    with client:
                        client.sendall(client.recv(4096))

        threading.Thread(target=echo, daemon=True).start()
        with pytest.raises(BrokenOffError, match="no answer of HTTP") as error:
            fetch(f"http://127.0.0.1:{door.getsockname()[1]}/x?key={KEY}")
        door.shutdown(socket.SHUT_RDWR)
    assert KEY not in error.value.message


def test_another_value_is_another_file(mirror: Mirror, fetch: Callable[..., Medium]) -> None:
    mirror.cut_after = 1_000_000
    with pytest.raises(BrokenOffError):
        fetch(f"{mirror.url}/x?id=1")
    mirror.cut_after, mirror.sent = None, 0
    assert fetch(f"{mirror.url}/x?id=2").name == "far"
    assert (mirror.asked[-1], mirror.sent) == (("/x?id=2", None), len(mirror.content))
