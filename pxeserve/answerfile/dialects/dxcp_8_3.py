"""XCP-ng 8.3 (xcp-ng/host-installer v10.10.19.xcpng.5, 46df38e82005): its 8.2 with time by source, checks for each source, ext as the SR
type when none is named, and one for 4 KiB sectors; the laboratory's hooks are gone."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d6_0, dxcp_8_2, dxs8
from pxeserve.answerfile.dialects.shape import altered, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = dxcp_8_2.DIALECT

_CHECKS = (
    dxcp_8_2.checked("repo-gpgcheck", "the lists of packages have to be signed"),
    dxcp_8_2.checked("gpgcheck", "the packages have to be signed"),
)
_OWN_CHECKS = tuple(replace(one, value=replace(one.value, default=None, note="left out: as the outermost element says")) for one in _CHECKS)

_PACKAGES = {Step.SOURCES_PARSED: (Step.SOURCES_GPG,)}
_SETTINGS = {
    Step.PARTITIONS_SKIPPED: (),
    Step.PRIMARY_ZAP: (Step.PRIMARY,),
    Step.SR_TYPE: (Step.SR_TYPE_LARGE_BLOCK,),
    Step.NTP_SERVERS: (Step.NTP,),
    **_PACKAGES,
}

DIALECT = later(
    _was,
    altered(_was.elements["source"], *_OWN_CHECKS),
    dxs8.NTP,
    replace(
        _was.elements["raid"],
        note="its device takes no part in the local SR on a first installation: its sectors are looked at before it is made",
    ),
    without=("initial-partitions", "partition", "zap-utility-partitions"),
    name="xcp-8.3",
    product="XCP-ng 8.3",
    source="XCP-ng 8.3 installer (xcp-ng/host-installer v10.10.19.xcpng.5), answerfile.py",
    root=altered(_was.root, d6_0.sr_type("lvm", "ext", "largeblock", default="ext"), *_CHECKS, without=("netinstall-gpg-check",)),
    order={
        Mode.FRESH: exchanged(_was.order[Mode.FRESH], _SETTINGS),
        Mode.REINSTALL: exchanged(_was.order[Mode.REINSTALL], _SETTINGS),
        Mode.UPGRADE: exchanged(_was.order[Mode.UPGRADE], _PACKAGES),
        Mode.RESTORE: _was.order[Mode.RESTORE],
    },
    large_block_sr="largeblock",
)
