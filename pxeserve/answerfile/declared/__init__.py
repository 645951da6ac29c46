"""What a site, a profile or a host declares: elements by their modern names, checked when they are set, and read into the one model.

Refuses to know who declares what (`inheritance` does), where media and scripts lie, and what a generation makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pxeserve.answerfile.answers import Answers
from pxeserve.answerfile.declared.elements import ANSWERS, KEYS, OWN, strange
from pxeserve.answerfile.declared.packages import Pack, SiteScript, packs, post_install_script, protocol, scripts
from pxeserve.answerfile.declared.redaction import kept, redacted
from pxeserve.answerfile.declared.values import SHOWN, AnswerError, shown, text

__all__ = ["KEYS", "SHOWN", "AnswerError", "Declared", "Pack", "SiteScript", "kept", "read", "redacted"]

_TEMPLATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared. `answers` are partial: no mode, no sources, no scripts, and no password where a random one is to be made.

    `over` is the protocol by which the medium's packages are fetched from here (http, nfs or ftp); `packs` and `driver_packs` come after
    them. `template` is the site's own template of the answerfile, beneath the folder of templates.
    """

    answers: Answers = field(default_factory=Answers)
    over: str = "http"
    packs: tuple[Pack, ...] = ()
    driver_packs: tuple[Pack, ...] = ()
    scripts: tuple[SiteScript, ...] = ()
    template: str | None = None

    @property
    def random_password(self) -> bool:
        """Whether root's password is to be made when the host is armed."""
        return self.answers.root_password is None


def read(declared: Mapping[str, Any]) -> Declared:
    """What `declared` says, without additions (`KEY+`; see `inheritance`). Raises AnswerError naming the element, the value and what is
    allowed. What is missing is not looked for: a host adds to what its profile says."""
    found: dict[str, Any] = {}
    for key, value in declared.items():
        if key not in KEYS:
            raise AnswerError(f"{key}: {strange(str(key))}")
        if value is None or key in OWN:
            continue
        field, check = ANSWERS[key]
        found[field] = check(key, value)
    own = {key: declared[key] for key in OWN if declared.get(key) is not None}
    legacy = own.get("post-install-script")
    run = scripts("scripts", own.get("scripts", {}))
    return Declared(
        answers=Answers(**found),
        over=protocol("source", own.get("source", "http")),
        packs=packs("sources", own.get("sources", ())),
        driver_packs=packs("driver-sources", own.get("driver-sources", ())),
        scripts=run if legacy is None else (*run, post_install_script("post-install-script", legacy)),
        template=_template(own["template"]) if "template" in own else None,
    )


def _template(value: Any) -> str:
    name = text("template", value)
    if not _TEMPLATE.fullmatch(name):
        raise AnswerError(f"template: {shown(name)} is not the name of a file beneath the folder of templates, such as rack.xml.j2")
    return name
