"""Which media are exported over NFS and under which path: what the NFS server is told, and what answerfiles say.

Refuses to know which server it is; the word that its keeper leaves about it (`State`) is read and written here.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pxeserve.domain.medium import Lies, Medium

STATE = Path("run", "nfs", "state.json")
"""Beneath the data folder."""

_FIRST_ID, _IDS = 100, 65_000
_PLAIN = re.compile(r"/[^\x00-\x1f\x7f\"\\]*")


@dataclass(frozen=True, slots=True)
class Export:
    """One medium's folder. `id` stays the same for the same folder, as the handles that clients hold are made of it (1 to 65535); `pseudo`
    is the path that clients mount, in every version of NFS. `inode` tells the folder from one that lay at the same path before."""

    id: int
    path: str
    pseudo: str
    inode: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """How NFS fares. `state` is serving, waiting (something is missing, and `text` says what) or failed; `refused` says of media that
    cannot be exported why not."""

    state: str
    text: str = ""
    versions: tuple[int, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    def write(self, data: Path) -> None:
        """Leave it for others to read, by one rename. Raises OSError."""
        path = data / STATE
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.rename(path)

    @classmethod
    def read(cls, data: Path) -> State | None:
        """The one that was left last; None when there is none that can be read."""
        try:
            found = json.loads((data / STATE).read_text())
            return cls(str(found["state"]), str(found["text"]), tuple(found["versions"]), dict(found["refused"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def folder_of(medium: Medium, data: Path) -> Path:
    """Where the files of `medium` lie, which is no image."""
    return Path(medium.place) if medium.lies is Lies.IN_PLACE else data / "media" / medium.folder


def refusal(medium: Medium, data: Path) -> str:
    """Why `medium` cannot be exported; empty when it can."""
    if medium.lies is Lies.IMAGE:
        return "it is served out of an image, and NFS exports folders alone: import it without --from-iso"
    path = str(folder_of(medium, data))
    if not _PLAIN.fullmatch(path):
        return f"the path {path!r} holds characters that an export's path cannot"
    if medium.lies is Lies.IN_PLACE and str(Path(path).resolve()) != path:
        return f"a link has come into the way to {path}, and an NFS server would follow it"
    return ""


def exports(media: Iterable[Medium], data: Path) -> tuple[Export, ...]:
    """The exports of all media that can be exported, by name."""
    taken: set[int] = set()
    found = []
    for medium in sorted(media, key=lambda one: one.name):
        if refusal(medium, data):
            continue
        path = str(folder_of(medium, data))
        number = zlib.crc32(path.encode(errors="surrogateescape")) % _IDS
        while number in taken:
            number = (number + 1) % _IDS
        taken.add(number)
        found.append(Export(_FIRST_ID + number, path, f"/media/{medium.name}"))
    return tuple(found)


def kernel_exports(media: Iterable[Medium], data: Path, uid: int, gid: int) -> str:
    """Lines for the host's own kernel server, exports(5). What was copied lies beneath one folder, which is exported whole, so that a new
    medium needs no new line; `uid` and `gid` are those that may read it."""
    folders = [data / "media", *(Path(medium.place) for medium in media if medium.lies is Lies.IN_PLACE and not refusal(medium, data))]
    options = f"ro,all_squash,anonuid={uid},anongid={gid},no_subtree_check,insecure"
    lines = [f"{_quoted(str(folder))} *({options},fsid={_FIRST_ID + number})" for number, folder in enumerate(dict.fromkeys(folders))]
    return "\n".join(["# Written by pxeserve: media, read only.", *lines]) + "\n"


def _quoted(path: str) -> str:
    """As exports(5) reads a path: blanks and what else has a meaning there as octal numbers."""
    return "".join(f"\\{ord(char):03o}" if char in " \t#()\\\"" else char for char in path)
