"""What a media path names, and what it can never name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.provision.address import Address, address


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/media/disc/boot/xen.gz", Address("disc", "boot/xen.gz", folder=False)),
        ("/media/disc/.treeinfo", Address("disc", ".treeinfo", folder=False)),
        ("/media/disc//packages.main/./x", Address("disc", "packages.main/x", folder=False)),
        ("/media/disc/a%20b%2Bc", Address("disc", "a b+c", folder=False)),
        ("/media/disc/%252e", Address("disc", "%2e", folder=False)),
        ("/media/disc/..a", Address("disc", "..a", folder=False)),
        ("/media/disc/a\\..\\b", Address("disc", "a\\..\\b", folder=False)),
        ("/media/disc/%ff", Address("disc", "\udcff", folder=False)),
        ("/media/disc/", Address("disc", "", folder=True)),
        ("/media/disc", Address("disc", "", folder=True)),
        ("/media/disc/boot/", Address("disc", "boot", folder=True)),
        ("/media/disc/boot/.", Address("disc", "boot", folder=True)),
        ("/media/disc/../x", None),
        ("/media/disc/%2e%2e/x", None),
        ("/media/disc/%2E./x", None),
        ("/media/disc/..%2fx", None),
        ("/media/disc/a%2fb", None),
        ("/media/disc/a%00b", None),
        ("/media/../disc/x", None),
        ("/media/%2e%2e/x", None),
        ("/media//disc/x", None),
        ("/media/disc/%zz", None),
        ("/media/disc/%2", None),
        ("/other/disc/x", None),
    ],
)
def test_paths(path: str, expected: Address | None) -> None:
    assert address(path) == expected


@given(st.text(alphabet="./%2eEfF5c\\0a", max_size=40))
def test_no_path_climbs(rest: str) -> None:
    found = address("/media/disc/" + rest)
    if found is not None:
        assert ".." not in found.path.split("/")
        assert "\0" not in found.path
        assert not found.path.startswith("/")
