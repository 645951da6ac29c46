"""Importing an ISO image beside what people do by hand: unpack it with bsdtar, then check it with `md5sum` on both cores.

Both read the image from the kernel's memory, and the import is not nice here, as the others are not. By hand nothing is waited for, so a
second figure has `sync` after it: an import is seen only when it lies on the disk. The import also hashes SHA-256, reads the lists and
writes its rows. On a machine that has other things to do, the CPU figures are the steadier ones.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import peers
from bench.figures import middle, ratio, spread
from bench.machine import Unfit, file_system
from bench.unpack import LIBRARIES, NotToBeHad, unpacked
from pxeserve.domain.medium import Lies
from pxeserve.repo import onepass
from pxeserve.repo.imports import Wanted, import_medium, remove_medium
from pxeserve.repo.sample import lay_yum_repository, make_modern_sample
from pxeserve.store import open_store

LEAST = 1.0
"""The import is to be no slower than both by hand, without their sync."""

BY_HAND = "bsdtar, md5sum"
FILES, BYTES = 600, 700_000_000


def main() -> int:
    """Measure in turns, print, and tell whether the goal is held."""
    parser = argparse.ArgumentParser(prog="bench/run imports")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, the median of which counts")
    wanted = parser.parse_args()
    onepass._NICE = 0
    return int(not all([_compared("XCP-ng 8.3, yum", _yum, wanted.rounds), _compared("XenServer 4.1, text", _text, wanted.rounds)]))


def _compared(kind: str, fill: Callable[[Path], None], rounds: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-imports-", dir=peers.scratch_folder()) as name:
        scratch = Path(name)
        image = _image(scratch, fill)
        by_hand = _by_hand(image, scratch)
        print(f"{kind}: {image.stat().st_size / 1e6:.0f} MB in {FILES} files, on {file_system(scratch)}; seconds, median (least-most)")
        seen = [{**by_hand(), **_imported(image, scratch)} for _ in range(rounds)]
    for figure in seen[0]:
        print(f"  {figure:32}{spread(seen, figure)}")
    found = middle(seen)
    wall, cpu = ratio(found[BY_HAND], found["import"]), ratio(found[f"{BY_HAND}: CPU"], found["import: CPU"])
    waited = ratio(found[f"{BY_HAND}, sync"], found["import"])
    said = f"import of {kind} as fast as {BY_HAND}: wall {wall:.2f}, with sync {waited:.2f}, cpu {cpu:.2f}"
    print(f"{'held' if wall >= LEAST else 'MISSED':7}{said}\n")
    return wall >= LEAST


def _cpu() -> float:
    """CPU seconds of this process and of all that it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _image(scratch: Path, fill: Callable[[Path], None]) -> Path:
    tree, image = scratch / "tree", scratch / "medium.iso"
    fill(tree)
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", image, tree], check=True, capture_output=True)
    shutil.rmtree(tree)
    return image


def _yum(tree: Path) -> None:
    """An XCP-ng 8.3 whose packages are random bytes, as packed ones are; its lists hold SHA-256."""
    make_modern_sample(tree, "xcp-8.3")
    rows = {f"Packages/p{number:03}-1.0-1.x86_64.rpm": (f"p{number:03}", os.urandom(BYTES // FILES)) for number in range(FILES)}
    for path, (_, content) in rows.items():
        (tree / path).write_bytes(content)
    lay_yum_repository(tree, rows)


def _text(tree: Path) -> None:
    """The same of a 4.1; its lists hold MD5, and so both sums are taken."""
    (tree / "packages.main").mkdir(parents=True)
    lines = []
    for number in range(FILES):
        content = os.urandom(BYTES // FILES)
        (tree / "packages.main" / f"p{number:03}.tar.bz2").write_bytes(content)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        lines.append(f"p{number:03} {len(content)} {md5} tbz2 required p{number:03}.tar.bz2 /\n")
    (tree / "packages.main" / "XS-PACKAGES").write_text("".join(lines))
    (tree / "packages.main" / "XS-REPOSITORY").write_text("xs:main\nXenServer Pack\nXenServer\n4.1.0-bench\n")


def _by_hand(image: Path, scratch: Path) -> Callable[[], dict[str, float]]:
    root = unpacked(["libarchive-tools", "libarchive13"], peers.CACHE / "libarchive")
    bsdtar, places = root / "usr/bin/bsdtar", {**os.environ, "LD_LIBRARY_PATH": str(root / LIBRARIES)}

    def once() -> dict[str, float]:
        out = scratch / "out"
        out.mkdir()
        os.sync()
        began, used = time.monotonic(), _cpu()
        subprocess.run([bsdtar, "-x", "-f", image, "-C", out], check=True, env=places)
        unpacked_at = time.monotonic()
        names = b"\0".join(str(file).encode() for file in out.rglob("*") if file.is_file())
        subprocess.run(["xargs", "-0", "-P2", "-n", "50", "md5sum"], input=names, stdout=subprocess.DEVNULL, check=True)
        checked, spent = time.monotonic(), _cpu() - used
        os.sync()
        synced = time.monotonic()
        shutil.rmtree(out)
        return {
            "bsdtar": unpacked_at - began,
            "md5sum": checked - unpacked_at,
            BY_HAND: checked - began,
            f"{BY_HAND}, sync": synced - began,
            f"{BY_HAND}: CPU": spent,
        }

    return once


def _imported(image: Path, scratch: Path) -> dict[str, float]:
    data = scratch / "data"
    data.mkdir()
    store = open_store(data, migrate=True)
    found = {}
    for figure, lies in (("import", Lies.COPIED), ("import --from-iso", Lies.IMAGE)):
        os.sync()
        began, used = time.monotonic(), _cpu()
        wanted = Wanted((str(image),), "bench", lies)
        medium = import_medium(store, data, wanted, "bench", lambda *_: None, "bench", time.time())
        found[figure] = time.monotonic() - began
        found[f"{figure}: CPU"] = _cpu() - used
        remove_medium(store, data, medium, "bench", time.time())
    store.close()
    shutil.rmtree(data)
    return found


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Unfit, NotToBeHad) as error:
        sys.exit(f"bench/run: {error}")
