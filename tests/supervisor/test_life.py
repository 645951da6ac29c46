"""A service's life: it says that it is ready, ends when told, and takes its children with it."""

from __future__ import annotations

import signal
from typing import Any

CHILDREN = {"worker", "dhcp", "tftp", "provision", "console"}


def test_it_says_once_where_it_serves_and_ends_with_0_on_sigterm_and_so_do_its_children(service: Any) -> None:
    service.start()
    children = service.children()
    assert set(children) == CHILDREN
    line = next(line for line in service.log if "dhcp=" in line)
    assert f"tftp=127.0.0.1:{service.ports['tftp']} http=http://127.0.0.1:{service.ports['http']}/" in line
    assert service.healthy()
    assert service.transfers()
    assert "result" in service.asked("status")
    service.signal(signal.SIGTERM)
    assert service.ended() == 0
    assert not [name for name, pid in children.items() if service.alive(pid)]
