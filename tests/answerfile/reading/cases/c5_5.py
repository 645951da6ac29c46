"""How 5.5 refuses: as 5.0, with an installation by identity, and drivers."""

from __future__ import annotations

from tests.answerfile.reading.cases import c5_0
from tests.answerfile.reading.cases.c4_1 import REINSTALL, UPGRADE
from tests.answerfile.reading.cases.case import DISK, MACHINE, Case, changed, plus

_MISSING = ("AnswerfileError", "No existing installation specified.", "installation")
_DRIVER = ("AnswerfileError", "Invalid type for driver-source media specified.", "driver-source")

CASES = {
    **{name: case for name, case in c5_0.CASES.items() if name != "an installation by identity"},
    "no existing installation": Case(changed(root=REINSTALL), *_MISSING),
    "no existing installation to upgrade": Case(changed(root=UPGRADE), *_MISSING),
    "drivers of an unknown type": Case(plus('<driver-source type="ftp">ftp://h/d</driver-source>'), *_DRIVER),
    "drivers without type": Case(plus("<driver-source>http://h/d</driver-source>"), *_DRIVER),
    "no name of a disk to upgrade": Case(
        changed((DISK, "<existing-installation/>"), root=UPGRADE),
        "AnswerfileError",
        "Could not locate the installation specified to be reinstalled.",
        "existing-installation",
        MACHINE,
    ),
    "a script that is not ASCII": Case(
        plus("<post-install-script>http://h/é</post-install-script>"),
        "UnicodeEncodeError",
        "'ascii' codec can't encode character u'\\xe9' in position 9: ordinal not in range(128)",
        "post-install-script",
    ),
}
