"""Verification beside what people use: md5sum and sha256sum, by `xargs -P2`, over the same files in the same run.

A tree of 600 files and 700 MB, one of them 300 MB, all in the kernel's memory: what is compared is reading and summing, not the disk.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import peers
from bench.figures import Goal, Verdict, middle, ratio, spread, steadier
from bench.machine import Unfit, file_system
from pxeserve.domain.medium import Medium
from pxeserve.paths import Root
from pxeserve.repo import verify
from pxeserve.repo.hashing import Wanted, read_all
from pxeserve.repo.imports import import_medium
from pxeserve.repo.opening import Opened
from pxeserve.repo.sample import lay_yum_repository, make_modern_sample
from pxeserve.store import Store, media, open_store

FILES, BIG, SMALL = 600, 300_000_000, 666_000
UNCHANGED = 0.050
"""Seconds in which a tree of so many files has to be known for unchanged."""

GOALS = (Goal("MD5", "md5sum", 1.0), Goal("MD5 and SHA-256", "both", 1.0))
Figures = dict[str, float]


def main() -> int:
    """Measure, print, and tell whether all goals are held."""
    parser = argparse.ArgumentParser(prog="bench/run verify")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-verify-", dir=peers.scratch_folder()) as name:
        scratch = Path(name)
        known = f"{peers.versions()['pxeserve']}, {_said('md5sum')}"
        print(f"files on {file_system(scratch)}; {wanted.rounds} rounds in turn; {known}")
        store, medium, folder = _laid(scratch)
        listed = scratch / "files"
        paths = sorted(str(path) for path in folder.rglob("*") if path.is_file())
        listed.write_text("\n".join(paths) + "\n")
        cases: dict[str, Callable[[], object]] = {
            "pxeserve: MD5": partial(_summed, folder, paths, ("md5",)),
            "md5sum": partial(_shell, listed, "md5sum"),
            "pxeserve: MD5 and SHA-256": partial(_summed, folder, paths, ("md5", "sha256")),
            "both": partial(_shell, listed, "md5sum", "sha256sum"),
            "pxeserve: media verify": partial(_look, verify.full, store, scratch / "data", medium),
            "pxeserve: unchanged": partial(_look, verify.changed, store, scratch / "data", medium),
        }
        found: dict[str, list[Figures]] = {case: [] for case in cases}
        for case in cases.values():  # warm, and stamped
            case()
        for turn in range(wanted.rounds):
            for case, act in cases.items():
                found[case].append(_timed(act))
            print(f"round {turn + 1} of {wanted.rounds} done", file=sys.stderr)
        store.close()
    return _told(found)


def _laid(scratch: Path) -> tuple[Store, Medium, Path]:
    """A medium of the yum kind, imported as any other."""
    tree, data = scratch / "tree", scratch / "data"
    make_modern_sample(tree, "xcp-8.3")
    sizes = [BIG] + [SMALL] * (FILES - 1 - sum(path.is_file() for path in tree.rglob("*")))
    packages = {f"Packages/p{number:03}-1.0-1.x86_64.rpm": (f"p{number:03}", os.urandom(size)) for number, size in enumerate(sizes)}
    packages |= {f"Packages/{path.name}": (path.name, path.read_bytes()) for path in (tree / "Packages").iterdir()}
    for path, (_, content) in packages.items():
        (tree / path).write_bytes(content)
    lay_yum_repository(tree, packages)
    data.mkdir()
    store = open_store(data, migrate=True)
    medium = import_medium(store, data, tree, "bench", lambda *_: None, "bench", time.time())
    with store.site.read() as connection:
        files = media.files(connection, "bench")
    sizes = [file.size / 1e6 for file in files]
    print(f"{len(sizes)} files, {sum(sizes):.0f} MB, the largest {max(sizes):.0f} MB")
    return store, medium, data / "media" / medium.folder


def _summed(folder: Path, paths: list[str], sums: tuple[str, ...]) -> None:
    root = Root(folder)

    def opened(path: str) -> Opened:
        file = root.open(path)
        return Opened(file.fd, 0, file.size, os.fstat(file.fd))

    inside = [str(Path(path).relative_to(folder)) for path in paths]
    wanted = [Wanted(path, (folder / path).stat().st_size, sums, partial(opened, path)) for path in inside]
    done = [one for one in read_all(wanted, lambda _done, _name: None) if not one.error]
    assert len(done) == len(paths)
    root.close()


def _shell(listed: Path, *programs: str) -> None:
    """Sixteen files to a process: as `xargs -P2` alone would give all of them to one."""
    for program in programs:
        with listed.open("rb") as files:
            subprocess.run(["xargs", "-P2", "-n16", program], stdin=files, stdout=subprocess.DEVNULL, check=True)


def _look(how: Callable[..., verify.Verdict], store: Store, data: Path, medium: Medium) -> None:
    verdict = how(store, data, medium, lambda *_: None)
    assert not verdict.faults, verdict.faults


def _timed(act: Callable[[], object]) -> Figures:
    before, began = os.times(), time.perf_counter()
    act()
    wall, after = time.perf_counter() - began, os.times()
    return {"rate": wall, "cpu": sum(after[:4]) - sum(before[:4])}


def _told(found: dict[str, list[Figures]]) -> int:
    print(f"\n{'seconds':32}{'wall':>26}{'CPU':>26}")
    for case, rounds in found.items():
        print(f"  {case:30}{spread(rounds, 'rate'):>26}{spread(rounds, 'cpu'):>26}")
    print()
    held = True
    for goal in GOALS:
        by = steadier(found[f"pxeserve: {goal.case}"], found[goal.peer])
        ours, theirs = middle(found[f"pxeserve: {goal.case}"]), middle(found[goal.peer])
        verdict = Verdict(goal, ratio(theirs["rate"], ours["rate"]), ratio(theirs["cpu"], ours["cpu"]), by)
        print(verdict)
        held = held and verdict.held
    took = min(one["rate"] for one in found["pxeserve: unchanged"])
    middle_ = middle(found["pxeserve: unchanged"])["rate"]
    fast = middle_ <= UNCHANGED
    print(f"{'held' if fast else 'MISSED':7}{'unchanged':28}{middle_ * 1000:6.1f} ms of {UNCHANGED * 1000:.0f} (at best {took * 1000:.1f})")
    return int(not (held and fast))


def _said(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unfit as error:
        sys.exit(f"bench/run: {error}")
