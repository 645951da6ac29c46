"""What kind of source a path is, by what lies there and never by its name."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pxeserve.repo.sources.discs import Discs
from pxeserve.repo.sources.folder import Folder
from pxeserve.repo.sources.iso import Iso, is_iso, open_iso
from pxeserve.repo.sources.tarball import Tarball, is_tarball, open_tarball
from pxeserve.repo.tree import SourceError, Tree, opened, unreadable

Source = Folder | Iso | Discs | Tarball


@contextmanager
def open_sources(paths: Sequence[Path]) -> Iterator[Source]:
    """One source, or several side by side. Raises SourceError naming the path and the fix."""
    with ExitStack() as stack:
        sources = [(str(path), stack.enter_context(_open(path))) for path in paths]
        if len(sources) == 1:
            yield sources[0][1]
            return
        trees: list[tuple[str, Tree]] = []
        for name, one in sources:
            if isinstance(one, Tarball):
                raise SourceError(f"{name}: an archive cannot be one of several discs", fix="unpack it into a folder, and name that")
            trees.append((name, one))
        yield Discs(trees)


@contextmanager
def _open(path: Path) -> Iterator[Folder | Iso | Tarball]:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(f"{path}: there is no such file or folder") from None
    except PermissionError:
        raise unreadable(path) from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
    if stat.S_ISDIR(found.st_mode):
        folder = Folder(path)
        try:
            yield folder
        finally:
            folder.close()
    elif stat.S_ISREG(found.st_mode) and _packed(path):
        with open_tarball(path) as archive:
            yield archive
    elif stat.S_ISREG(found.st_mode):
        with open_iso(path) as image:
            yield image
    else:
        raise SourceError(f"{path}: neither a folder nor an ISO image nor an archive")


def _packed(path: Path) -> bool:
    file = opened(path)
    try:
        return not is_iso(file) and is_tarball(file)
    finally:
        file.close()
