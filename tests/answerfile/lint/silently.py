"""All that installers take without a word: what the reference calls silent, ignored, kept, unchecked or logged in some generation."""

from __future__ import annotations

from tests.answerfile.lint.silent_markup import ATTRIBUTES, ATTRIBUTES_OF_ROOT, ELEMENTS, ROOTS, SCRIPTS
from tests.answerfile.lint.silent_values import ADDRESSES, DISKS, NETWORK, PASSWORDS, SENSE, TEXTS, VALUES

CASES = [
    *ATTRIBUTES_OF_ROOT,
    *ELEMENTS,
    *ATTRIBUTES,
    *VALUES,
    *TEXTS,
    *SENSE,
    *DISKS,
    *NETWORK,
    *PASSWORDS,
    *ADDRESSES,
    *SCRIPTS,
    *ROOTS,
]
EACH = [(case, dialect) for case in CASES for dialect in case.dialects]
