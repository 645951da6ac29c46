"""One file a product generation: what its installer reads, as data. Adding a generation is adding a file, and its name here."""

from pxeserve.answerfile.dialects import (
    d4_1,
    d5_0,
    d5_5,
    d5_6,
    d6_0,
    d6_2,
    d6_5,
    d7_0,
    d7_1,
    d8_2,
    dxcp_8_2,
    dxcp_8_3,
    dxs8,
    dxs9,
)
from pxeserve.answerfile.dialects.shape import Dialect

_FILES = (d4_1, d5_0, d5_5, d5_6, d6_0, d6_2, d6_5, d7_0, d7_1, d8_2, dxcp_8_2, dxs8, dxcp_8_3, dxs9)

DIALECTS: dict[str, Dialect] = {one.DIALECT.name: one.DIALECT for one in _FILES}
"""By name, oldest first."""


def spoken(dialect: str) -> Dialect | None:
    """The dialect of this name; None when there is no such generation."""
    return DIALECTS.get(dialect)
