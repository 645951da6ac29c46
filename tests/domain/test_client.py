"""MAC addresses in any usual spelling, and the table of architectures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.client import ARCHITECTURES, Firmware, parse_mac


@given(st.binary(min_size=6, max_size=6).filter(lambda raw: not raw[0] & 1))
def test_every_spelling_of_a_mac_is_one_mac(raw: bytes) -> None:
    digits = raw.hex()
    pairs = [digits[i : i + 2] for i in range(0, 12, 2)]
    wanted = ":".join(pairs)
    dotted = ".".join(digits[i : i + 4] for i in range(0, 12, 4))
    for spelling in (wanted, wanted.upper(), "-".join(pairs), digits, dotted, f" {wanted}\n"):
        assert parse_mac(spelling) == wanted


@pytest.mark.parametrize(
    "text", ["", "52:54:00:77:00", "52:54-00:77:00:01", "52:54:00:77:00:0g", "52:54:00:77:00:01:02", "٥٢:54:00:77:00:01", "xen01"]
)
def test_what_is_no_mac_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a MAC address"):
        parse_mac(text)


def test_a_group_address_is_no_machines_own() -> None:
    for text in ("01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff"):
        with pytest.raises(ValueError, match="group address"):
            parse_mac(text)


def test_architectures_as_firmware_really_sends_them() -> None:
    assert ARCHITECTURES[0].firmware is Firmware.BIOS
    assert ARCHITECTURES[7].firmware is ARCHITECTURES[9].firmware is Firmware.UEFI_X64
    assert ARCHITECTURES[16].firmware is Firmware.UEFI_HTTP
    assert ARCHITECTURES[11].firmware is Firmware.UEFI_ARM64
    assert all(code == one.code for code, one in ARCHITECTURES.items())
