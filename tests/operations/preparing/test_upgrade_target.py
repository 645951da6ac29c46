"""An upgrade happens where the installation is: the disk that a profile names for new ones is not told to the installer."""

from __future__ import annotations

import pytest

from pxeserve.answerfile.answers import Mode, Source
from pxeserve.answerfile.declared import read
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.inheritance import Merged
from pxeserve.answerfile.writing import write
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium
from pxeserve.operations.preparing.answering import Asked, completed


@pytest.mark.parametrize("name", DIALECTS)
def test_an_upgrade_names_no_disk_to_install_on(name: str) -> None:
    declared = read({"primary-disk": "sda", "existing-installation": "sdb"})
    host, medium = Host(1, "xen01", ("52:54:00:77:00:01",), "rack"), Medium("m", "m", "", "", "", "", name, "", None)
    asked = Asked(host, medium, Mode.UPGRADE, declared, Merged(), None, (), (Source("url", "http://192.0.2.1/m"),))
    text = write(completed(asked), DIALECTS[name])
    assert b"<primary-disk" not in text
    assert b"<existing-installation>sdb<" in text
