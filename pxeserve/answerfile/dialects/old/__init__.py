"""What the old renderer and linter go by, until the last of their users is gone."""

from pxeserve.answerfile.dialects.old import d4_1, d8_2, dxcp_8_2, dxcp_8_3, dxs8
from pxeserve.answerfile.dialects.old.shape import Dialect

OLD: dict[str, Dialect] = {one.DIALECT.name: one.DIALECT for one in (d4_1, d8_2, dxs8, dxcp_8_2, dxcp_8_3)}
"""By name. The installers of 5.0 and 5.5 read everything that 4.1 reads, and are given 4.1's answerfiles (see `old_spoken`)."""

_SPEAKS = {"5.0": "4.1", "5.5": "4.1", **{name: name for name in OLD}}


def old_spoken(dialect: str) -> Dialect | None:
    """The dialect in which answerfiles are written for an installer of `dialect`; None when the old renderer cannot write for it."""
    name = _SPEAKS.get(dialect)
    return OLD[name] if name else None
