"""A pool's passwords: sealed for it, opened with the service's key alone, and shown by nothing."""

from pathlib import Path

import pytest

from pxeserve.domain.pool import Member, Pool
from pxeserve.errors import PxeserveError
from pxeserve.keys import load_keys
from pxeserve.recovery.secrets import Secrets, open_secrets, seal_secrets
from pxeserve.store.pools import PoolRow

POOL = Pool("rack-a", "xen01", (Member("xen01"),))
GIVEN = Secrets("open sesame", {"shared": "twelve chars"})


def test_they_come_back_as_they_were_given(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    assert open_secrets(PoolRow(7, POOL, seal_secrets(GIVEN, 7, keys)), keys) == GIVEN


def test_a_pool_without_any_has_none(tmp_path: Path) -> None:
    assert open_secrets(PoolRow(7, POOL), load_keys(tmp_path)) == Secrets()


def test_nothing_that_is_written_down_shows_them(tmp_path: Path) -> None:
    row = PoolRow(7, POOL, seal_secrets(GIVEN, 7, load_keys(tmp_path)))
    assert row.secrets is not None
    for shown in (repr(GIVEN).encode(), repr(row).encode(), row.secrets):
        assert b"sesame" not in shown and b"twelve" not in shown


@pytest.mark.parametrize("other", ["another pool", "another key", "cut short"])
def test_they_open_for_no_other_pool_and_under_no_other_key(tmp_path: Path, other: str) -> None:
    sealed = seal_secrets(GIVEN, 7, load_keys(tmp_path / "a"))
    row = PoolRow(8 if other == "another pool" else 7, POOL, sealed[:5] if other == "cut short" else sealed)
    with pytest.raises(PxeserveError, match="pool rack-a: its passwords are sealed") as error:
        open_secrets(row, load_keys(tmp_path / ("b" if other == "another key" else "a")))
    assert "pxeserve pool secret rack-a" in str(error.value) and "sesame" not in str(error.value)
