"""One running service with the two sample media, for the tests of a module that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pxeserve.repo.sample import make_modern_sample, make_sample
from tests.asked import items
from tests.ports import free_port, free_ports
from tests.publish.served import Served, house, opened


@dataclass
class Ftp:
    """A service with FTP. `trees` has the folders that were imported, by the medium's name."""

    served: Served
    port: int
    passive: range
    trees: dict[str, Path]

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)


@pytest.fixture(scope="module")
def ftp() -> Iterator[Ftp]:
    with house() as folder:
        port, passive = free_port(), free_ports(100)
        served = Served(folder, f'[ftp]\nenabled = true\nport = {port}\npassive_ports = "{passive[0]}-{passive[-1]}"\n')
        trees = {"xs41": folder / "xs41", "xcp83": folder / "xcp83"}
        make_sample(trees["xs41"])
        make_modern_sample(trees["xcp83"], "xcp-8.3")
        served.start()
        try:
            for name, tree in trees.items():
                served.cli("media", "import", opened(tree), "--name", name)
            yield Ftp(served, port, passive, trees)
        finally:
            served.stop()


def has(ftp: Ftp, **wanted: object) -> bool:
    """Whether the record has such a file."""
    return any(wanted.items() <= one["data"].items() for one in items(ftp.served.data, "events", kind="ftp.file"))
