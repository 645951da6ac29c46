"""One file a product generation: what its installer reads, as data. Adding a generation is adding a file."""

from pxeserve.answerfile.dialects import d4_1
from pxeserve.answerfile.dialects.shape import Dialect

DIALECTS: dict[str, Dialect] = {d4_1.DIALECT.name: d4_1.DIALECT}
"""By name. The installers of 5.0 and 5.5 read everything that 4.1 reads, and are given 4.1's answerfiles (see `spoken`)."""

_SPEAKS = {"4.1": "4.1", "5.0": "4.1", "5.5": "4.1"}


def spoken(dialect: str) -> Dialect | None:
    """The dialect in which answerfiles are written for an installer of `dialect`; None when this release cannot write for it."""
    name = _SPEAKS.get(dialect)
    return DIALECTS[name] if name else None
