"""What installers take without a word and do not do as it looks: one small rule for each such thing, by what it is about.

A rule is asked about a whole reading and gives findings, none of them an error: whether a file is refused is the reading's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import addresses, attributes, disks, elements, hooks, network, password, sense, texts, values
from pxeserve.answerfile.silent.case import Case

Rule = Callable[[Case], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    texts.doctype, texts.cdata, texts.white_space, texts.empty, texts.harmless, texts.template_marks,
    hooks.root, hooks.stages, hooks.failed,
    elements.ignored, elements.nested, elements.mixed_spellings, attributes.ignored,
    values.booleans, values.words, values.any_yes, values.lab,
    sense.texts, sense.crossed, sense.no_zone,
    disks.names, disks.twice, disks.no_sr, disks.reinstall, disks.partitions,
    network.protocol, network.names, network.manual_time,
    password.text, password.absent,
    addresses.sources, addresses.several, addresses.scripts, addresses.logins,
)  # fmt: skip
