"""Media of every kind that there is: each good one is good, and one flipped bit or one missing file of any of their packages is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pxeserve.domain.medium import Medium, MediumState
from pxeserve.repo import verify
from pxeserve.repo.signature import Signed
from pxeserve.repo.verify import Verdict
from pxeserve.store import Store, media
from tests.media_samples import KINDS, make

Bring = Callable[[Path, str], Medium]


def looked(store: Store, data: Path, how: Callable[..., Verdict]) -> Verdict:
    with store.site.read() as connection:
        medium = media.by_name(connection, "disc")
    assert medium is not None
    return how(store, data, medium, lambda *_: None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_package_of_every_kind_counts(store: Store, data: Path, tmp_path: Path, bring: Bring, kind: str) -> None:
    medium = bring(make(kind, tmp_path / kind), "disc")
    good = looked(store, data, verify.full)
    assert (good.faults, good.warnings) == ((), ())
    with store.site.read() as connection:
        files = media.files(connection, "disc")
    for file in [one for one in files if one.position >= 0] or files[:1]:
        path = data / "media" / medium.folder / file.path
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        faults = looked(store, data, verify.changed).faults
        assert any(fault.startswith(f"{file.path}: ") and (" is " in fault) for fault in faults), faults
        path.unlink()
        faults = looked(store, data, verify.changed).faults
        assert any(fault.startswith(f"{file.path}: missing") for fault in faults), faults
        path.write_bytes(content)
    healed = looked(store, data, verify.changed)
    assert (healed.state, healed.read) == (MediumState.GOOD, len(files))
    if good.signature is not None and good.signature.state is not Signed.NONE:
        assert good.signature.state is Signed.GOOD
