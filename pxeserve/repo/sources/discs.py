"""Several sources side by side as one: the Base Pack and the Linux Pack of XenServer 4 and 5 come on two discs, and installers read both
from one address, each repository in its own folder.

The same path on two discs is one file when it has the same content. What a disc has for itself alone does not count: its list of further
folders (`XS-REPOSITORY-LIST`, read by installers from 5.5 to 7.0) is joined line by line, and files that no installer fetches from an
address are taken from the first disc. Anything else is refused with both names.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from pxeserve.paths import OpenFile
from pxeserve.repo.tree import Entry, SourceError, Tree, content

LIST = "XS-REPOSITORY-LIST"
OF_A_DISC = frozenset({"install.sh", ".discinfo", "TRANS.TBL", "boot.cat", "boot.catalog"})
"""Last parts of the names of files that each disc has for itself: what is run from the mounted disc on a host that is installed already,
and what belongs to the disc as such."""

_PIECE = 1 << 18
_LONGEST_LIST = 1 << 16


class Discs:
    """A Tree of all files of `discs`, which are trees with the names that people know them by."""

    def __init__(self, discs: Sequence[tuple[str, Tree]]) -> None:
        self._discs = discs
        self._of: dict[str, tuple[Tree, Entry]] = {}
        self._joined: dict[str, bytes] = {}

    def entries(self) -> list[Entry]:
        """All files, by path. Raises SourceError naming both discs when they have different files of one name."""
        found: dict[str, tuple[str, Tree, Entry]] = {}
        base = 0
        for name, tree in self._discs:
            end = base
            for entry in tree.entries():
                first = found.get(entry.path)
                if first is None:
                    found[entry.path] = name, tree, Entry(entry.path, entry.size, entry.stamp, base + entry.at)
                    self._of[entry.path] = tree, entry
                elif entry.path == LIST:
                    self._join(tree, entry)
                elif entry.path.rpartition("/")[2] not in OF_A_DISC and not _same(first[1], self._of[entry.path][1], tree, entry):
                    raise SourceError(
                        f"{entry.path}: {first[0]} and {name} have different files of this name",
                        fix="these discs do not belong into one medium; import each under a name of its own",
                    )
                end = max(end, base + entry.at + entry.size)
            base = end
        for path, text in self._joined.items():
            name, tree, entry = found[path]
            found[path] = name, tree, Entry(path, len(text), f"{entry.stamp}+", entry.at)
        return sorted((entry for _name, _tree, entry in found.values()), key=lambda entry: entry.path)

    def open(self, entry: Entry) -> OpenFile:
        """One of them, from the disc that has it."""
        joined = self._joined.get(entry.path)
        if joined is not None:
            return _in_memory(entry.path, joined)
        tree, own = self._of[entry.path]
        return tree.open(own)

    def _join(self, tree: Tree, entry: Entry) -> None:
        before = self._joined.get(entry.path)
        if before is None:
            before = _list(*self._of[entry.path])
        lines = before.split(b"\n")
        lines += [line for line in _list(tree, entry).split(b"\n") if line not in lines]
        self._joined[entry.path] = b"\n".join(line for line in lines if line) + b"\n"


def _list(tree: Tree, entry: Entry) -> bytes:
    if entry.size > _LONGEST_LIST:
        raise SourceError(f"{entry.path}: {entry.size} bytes; no list of folders is so long")
    return content(tree, entry).replace(b"\r\n", b"\n")


def _same(one: Tree, entry: Entry, other: Tree, again: Entry) -> bool:
    if entry.size != again.size:
        return False
    first, second = one.open(entry), other.open(again)
    try:
        return all(first.read(_PIECE, at) == second.read(_PIECE, at) for at in range(0, entry.size, _PIECE))
    finally:
        first.close()
        second.close()


def _in_memory(name: str, text: bytes) -> OpenFile:
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC)
    os.write(descriptor, text)
    found = os.fstat(descriptor)
    return OpenFile(descriptor, found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)
