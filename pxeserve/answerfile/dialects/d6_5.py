"""XenServer 6.5 (host-installer 03e0d2d2d30f, 2014 to 2015): 6.2, with each disk for guests counted once."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d6_2
from pxeserve.answerfile.dialects.shape import Counts, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = d6_2.DIALECT
_order = {mode: exchanged(_was.order[mode], {Step.GUESTS_KEPT: (Step.GUESTS,)}) for mode in (Mode.FRESH, Mode.REINSTALL)}

DIALECT = later(
    _was,
    replace(_was.elements["guest-disk"], counts=Counts.SET),
    name="6.5",
    product="XenServer 6.5",
    source="XenServer 6.5 installer (host-installer 03e0d2d2d30f), answerfile.py",
    order={**_was.order, **_order},
)
