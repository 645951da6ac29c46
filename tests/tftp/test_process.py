"""The child `tftp` as the supervisor starts it: real configuration, real store, real source."""

from __future__ import annotations

import socket
import threading
from ipaddress import IPv4Address, IPv4Interface

from pxeserve.config import Config
from pxeserve.serving import Listener, Order, Serving
from pxeserve.store import open_store
from pxeserve.tftp.machine import most_sessions, path_limit
from pxeserve.tftp.packet import Error
from pxeserve.tftp.server import serve


def test_the_child_serves_files_of_the_tftp_root_and_ends_when_it_is_told_to(tmp_path, wire) -> None:
    open_store(tmp_path, migrate=True).close()
    (tmp_path / "tftp").mkdir()
    (tmp_path / "tftp" / "readme.txt").write_bytes(b"just as it lies there\n" * 100)
    (tmp_path / "outside").write_bytes(b"secret")
    ours, theirs = socket.socketpair()
    ready, beats = threading.Event(), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listening:
        listening.bind(("127.0.0.1", 0))
        address = listening.getsockname()
        serving = Serving(
            Config.model_validate({"server": {"data": tmp_path}, "tftp": {"ports": "42700-42799"}}),
            (Listener("lo", IPv4Address("127.0.0.1"), IPv4Interface("127.0.0.1/8")),),
            {"tftp:lo": listening},
            theirs,
            ready.set,
            lambda: beats.append(1),
        )
        child = threading.Thread(target=serve, args=(serving,), daemon=True)
        child.start()
        assert ready.wait(60)
        client = wire(address)
        assert client.fetch("readme.txt", {"blksize": "1408", "tsize": "0"}) == b"just as it lies there\n" * 100
        assert client.tid[1] in range(42700, 42800)
        for name in ("../outside", "/../outside", "readme.txt/../../outside", "missing"):
            client.ask(name)
            answer = client.hear()
            assert isinstance(answer, Error)
            assert answer.code in (1, 2)
            assert str(tmp_path) not in answer.message
        ours.send(Order.STOP.encode())
        child.join(60)
        assert not child.is_alive()
    assert beats
    ours.close()
    theirs.close()


def test_blocks_fit_the_narrowest_network(tmp_path) -> None:
    assert path_limit(["lo"]) == 1468
    assert path_limit(["no-such-interface"]) == 1468


def test_there_is_a_bound_on_sessions_whatever_the_machine_allows() -> None:
    assert 16 <= most_sessions(1000) <= 4096
    assert most_sessions(10**9) in (16, 4096)
