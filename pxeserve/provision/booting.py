"""The names of a network boot over HTTP: what they mean is `handout`'s business; here it is asked for the address that was connected to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Protocol

from flask import Response

from pxeserve.handout.answer import Given, Refused, Who, Why
from pxeserve.handout.names import Asked
from pxeserve.handout.request import By
from pxeserve.paths import OpenFile

_PIECE = 1 << 16


class Names(Protocol):
    """`handout.source.Source`, as far as it is needed here."""

    def resolve(self, path: str, by: By, address: IPv4Address, now: float) -> Given | Refused:
        """What a name means."""
        ...

    def delivered(self, install_id: str, address: IPv4Address, by: By) -> None:
        """The file that uses up an install has arrived."""
        ...

    def who(self, asked: Asked) -> Who:
        """Whom a name belongs to, as far as it tells."""
        ...


class Boots:
    """One answerer for each address that machines come to; `otherwise` for any other, as behind a translated address."""

    def __init__(self, by_address: Mapping[str, Names], otherwise: Names) -> None:
        self._by_address = dict(by_address)
        self._otherwise = otherwise

    def resolve(self, local: str, path: str, peer: str, now: float) -> Given | Refused:
        """What `path` means to the machine at `peer`, which connected to `local`."""
        return self._by_address.get(local, self._otherwise).resolve(path, By.HTTP, IPv4Address(peer), now)

    def delivered(self, install_id: str, peer: str) -> None:
        """The file that uses up `install_id` was sent whole to `peer`."""
        self._otherwise.delivered(install_id, IPv4Address(peer), By.HTTP)

    def who(self, asked: Asked) -> Who:
        """Whom a name belongs to, as far as it tells."""
        return self._otherwise.who(asked)


def response(given: Given) -> Response:
    """`given` as a whole response; a file is read in pieces. Once all of it was sent, `given.delivered` is called."""
    made = Response(_sent(given), content_type="application/octet-stream", headers={"Cache-Control": "no-store"})
    made.content_length = given.size
    return made


def refused(answer: Refused) -> int:
    """The HTTP status of a refusal: trouble of ours is worth another try, everything else is not there."""
    return 503 if answer.why is Why.TROUBLE else 404


def _sent(given: Given) -> Iterator[bytes]:
    if given.data is not None:
        yield given.data
    else:
        yield from _pieces(given.file)
    if given.delivered is not None:  # not reached when the machine hung up, nor for HEAD
        given.delivered()


def _pieces(file: OpenFile | None) -> Iterator[bytes]:
    assert file is not None
    offset = 0
    try:
        while offset < file.size:
            piece = file.read(_PIECE, offset)
            if not piece:
                raise OSError("the file became shorter while it was sent")
            offset += len(piece)
            yield piece
    finally:
        file.close()
