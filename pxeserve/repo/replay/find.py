"""Which repositories an installer finds at an address, and in what order it asks. Refuses to know protocols."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from pxeserve.repo.replay import text, xml, yum
from pxeserve.repo.replay.accessor import Accessor, UnreadableError
from pxeserve.repo.replay.generation import FOLDERS, Format, Generation
from pxeserve.repo.replay.reading import INDEX, Found, InstallerError

_INFO = {"main": yum.TREEINFO, "update": yum.UPDATE, "plain": None}
_REPOSITORY, _PACKAGES, _LIST = "XS-REPOSITORY", "XS-PACKAGES", "XS-REPOSITORY-LIST"


def find(generation: Generation, source: Accessor) -> list[Found]:
    """All repositories, in the order in which they were found; one found twice is there twice. Raises InstallerError when detection
    ends with an exception: then nothing at all is found."""
    try:
        source.start()
        found: list[Found] = []
        for one in generation.reads:
            found += _yum(generation, source) if one is Format.YUM else _folders(generation, source, one)
    except UnreadableError as error:
        raise InstallerError(str(error)) from None
    return found


def _folders(generation: Generation, source: Accessor, kind: Format) -> list[Found]:
    """4.1 to 7.0: five folders, and from 5.5 on those of the list; each is asked for both files, whatever the first answer was."""
    folders: tuple[str, ...] = FOLDERS
    if generation.folder_list:
        with suppress(UnreadableError):  # only logged
            folders += text.folders(_index(source, _LIST))
    found = []
    for folder in folders:
        names = [f"{folder}/{file}" if folder else file for file in (_REPOSITORY, _PACKAGES)]
        there = [source.there(name) for name in names]
        if not all(there):
            continue
        label = _index(source, names[0])
        if kind is Format.XML:
            named = xml.label(label, folder, generation)
            found.append(replace(named, packages=xml.packages(_index(source, names[1]))))
        else:
            identity, shown = text.repository(label)
            listed = text.packages(_index(source, names[1]), generation.dialect)
            found.append(Found(identity, shown, folder, Format.TEXT, listed))
    return found


def _yum(generation: Generation, source: Accessor) -> list[Found]:
    """7.0 and later: the kinds that this generation tells apart, and the first that is there. 7.0 looks twice before it reads."""
    for kind in generation.yum_kinds:
        if not _is(kind, source):
            continue
        if Format.XML in generation.reads and not _is(kind, source):
            return []
        if kind == "plain":
            return [yum.extra()]
        return [_main(generation, source) if kind == "main" else _update(source)]
    return []


def _is(kind: str, source: Accessor) -> bool:
    info = _INFO[kind]
    there = [source.there(name) for name in (info, yum.REPOMD) if name]
    return all(there)


def _main(generation: Generation, source: Accessor) -> Found:
    info = yum.treeinfo(_index(source, yum.TREEINFO), generation)
    index = yum.index(_index(source, yum.REPOMD))
    packages = yum.primary(_whole(source, index.primary, yum.PACKED))
    name = info.product or (generation.main if generation.system_section else None)
    return Found(generation.main, name, "", Format.YUM, packages, "", (), info.keys, index.groups, info.branded)


def _update(source: Accessor) -> Found:
    label = yum.update(_index(source, yum.UPDATE))
    index = yum.index(_index(source, yum.REPOMD))
    return Found(label, label, "", Format.YUM, yum.primary(_whole(source, index.primary, yum.PACKED)))


def _index(source: Accessor, path: str) -> bytes:
    return _whole(source, path, INDEX)


def _whole(source: Accessor, path: str, most: int) -> bytes:
    taken = source.fetch(path, most)
    if taken.size > most:
        raise InstallerError(f"{path} has {taken.size} bytes, and this replay reads no more than {most} of it")
    return taken.content
