"""What is said about a medium that was imported: its notes, wherever it lies."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.domain.medium import Lies, Medium
from pxeserve.repo.notes import notes_of
from pxeserve.store import Store, media
from tests import media_samples as samples

Bring = Callable[[Path, str], Medium]


def _tree(folder: Path) -> Path:
    samples.make("6.5", folder)
    (folder / "XS-REPOSITORY-LIST").write_text("packages.xenserver\npackages.main\n")
    return folder


def test_the_notes_of_a_medium_are_read_wherever_it_lies(store: Store, data: Path, tmp_path: Path, bring: Bring) -> None:
    tree = _tree(tmp_path / "tree")
    medium = bring(tree, "odd")
    with store.site.read() as connection:
        rows = media.files(connection, "odd")
    [note] = notes_of(data, medium, rows)
    assert note.startswith("XS-REPOSITORY-LIST:2:1: packages.main is looked into anyway")
    assert notes_of(data, replace(medium, lies=Lies.IN_PLACE, place=str(tree)), rows) == (note,)
    image = tmp_path / "image"
    with image.open("wb") as file:
        placed = []
        for row in rows:
            placed.append(replace(row, offset=file.tell()))
            file.write((tree / row.path).read_bytes())
    assert notes_of(data, replace(medium, lies=Lies.IMAGE, place=str(image)), placed) == (note,)


def test_a_medium_whose_indexes_are_gone_or_changed_says_so(store: Store, data: Path, tmp_path: Path, bring: Bring) -> None:
    medium = bring(_tree(tmp_path / "tree"), "odd")
    with store.site.read() as connection:
        rows = media.files(connection, "odd")
    lying = data / "media" / medium.folder
    index = lying / "packages.main/XS-PACKAGES"
    index.write_bytes(b"<nothing/>".ljust(index.stat().st_size))
    assert "not what was imported: packages.main/XS-PACKAGES:1:1:" in notes_of(data, medium, rows)[0]
    index.unlink()
    assert notes_of(data, medium, rows) == ("its indexes cannot be read any more: missing; it was there when the medium was imported",)
    shutil.rmtree(lying)
    [gone] = notes_of(data, medium, rows)
    assert gone.startswith("its indexes cannot be read any more: ")
    assert gone.endswith("the medium's folder cannot be opened: No such file or directory")


@pytest.mark.parametrize("lies", [Lies.IN_PLACE, Lies.IMAGE])
def test_a_fifo_in_the_place_of_a_medium_is_never_waited_for(
    store: Store, data: Path, tmp_path: Path, bring: Bring, lies: Lies
) -> None:
    medium = bring(_tree(tmp_path / "tree"), "odd")
    with store.site.read() as connection:
        rows = media.files(connection, "odd")
    image = tmp_path / "image"
    os.mkfifo(image)
    os.mkfifo(tmp_path / "XS-REPOSITORY-LIST")
    place = tmp_path if lies is Lies.IN_PLACE else image
    [note] = notes_of(data, replace(medium, lies=lies, place=str(place)), rows)
    assert note.startswith("its indexes cannot be read any more: ")
