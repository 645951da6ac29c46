"""Trees that are judged without being imported, and the ways of spoiling them."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from pxeserve.repo import manifest
from pxeserve.repo.manifest import FileSums, Manifest
from tests import media_samples as samples

Spoil = Callable[[Path], object]


def build(tree: Path) -> Manifest:
    """The manifest of a folder, without importing it."""
    files = {}
    for path in tree.rglob("*"):
        if path.is_file():
            content, name = path.read_bytes(), str(path.relative_to(tree))
            files[name] = FileSums(name, len(content), hashlib.md5(content).hexdigest(), hashlib.sha256(content).hexdigest())
    return manifest.build(files, lambda name: (tree / name).read_bytes())


def rewrite(path: str, old: str, new: str) -> Spoil:
    def spoil(tree: Path) -> None:
        content = (tree / path).read_text()
        assert old in content
        (tree / path).write_text(content.replace(old, new, 1))

    return spoil


def flip(path: str) -> Spoil:
    def spoil(tree: Path) -> None:
        content = bytearray((tree / path).read_bytes())
        content[len(content) // 2] ^= 1
        (tree / path).write_bytes(content)

    return spoil


def metadata(tree: Path, kind: str) -> Path:
    [path] = (tree / "repodata").glob(f"*-{kind}*")
    return path


def renamed(kind: str, end: str, pack: Callable[[bytes], bytes]) -> Spoil:
    """Pack a metadata file otherwise, and let repomd.xml say so."""

    def spoil(tree: Path) -> None:
        old = metadata(tree, kind)
        content = pack(gzip.decompress(old.read_bytes()))
        new = old.with_name(re.sub(r"[0-9a-f]{64}", samples.sha256(content), old.name).removesuffix(".gz") + end)
        old.unlink()
        new.write_bytes(content)
        repomd = tree / "repodata/repomd.xml"
        text = repomd.read_text().replace(old.name, new.name).replace(old.name[:64], samples.sha256(content))
        repomd.write_text(re.sub(r"(<size>)\d+", rf"\g<1>{len(content)}", text, count=1))

    return spoil


def primary(old: str, new: str) -> Spoil:
    return renamed("primary", ".gz", lambda plain: gzip.compress(replaced(plain, old, new), mtime=0))


def replaced(plain: bytes, old: str, new: str) -> bytes:
    assert old.encode() in plain
    return plain.replace(old.encode(), new.encode(), 1)


def declared(tree: Path) -> None:
    """5 GB in a list that says 5 kB: a gzip of zeros."""
    renamed("primary", ".gz", lambda _: gzip.compress(b"<metadata>" + b" " * (5 << 20), mtime=0))(tree)
    rewrite("repodata/repomd.xml", "</size>", "</size><open-size>5000</open-size>")(tree)
