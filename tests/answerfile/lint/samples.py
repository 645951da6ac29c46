"""A file that each generation takes and that says nothing surprising, and ways to spoil it."""

from __future__ import annotations

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Dialect

PLAIN = "<root-password>s3cretword</root-password>"
HASH = "$6$saltsaltsaltsalt$" + "a" * 86
HASHED = f'<root-password type="hash">{HASH}</root-password>'
DHCP = '<admin-interface hwaddr="52:54:00:77:00:01" proto="dhcp"/>'
STATIC = (
    '<admin-interface hwaddr="52:54:00:77:00:01" proto="static"><ip>192.0.2.5</ip><subnet-mask>255.255.255.0</subnet-mask>'
    "<gateway>192.0.2.1</gateway></admin-interface>"
)
SOURCE = '<source type="url">http://192.0.2.1/disc</source>'
END = "</installation>"
OLD = ("4.1", "5.0", "5.5")
ALL = tuple(DIALECTS)
MODERN = tuple(name for name in ALL if name not in OLD)
NAMED = ALL[ALL.index("6.0") :]


def good(dialect: str) -> str:
    """Accepted by this generation; before 5.6 with the one remark that its password is in plain text."""
    password = PLAIN if dialect in OLD else HASHED
    return f"""<installation>
  <primary-disk>disk/by-id/ata-one</primary-disk>
  <keymap>us</keymap>
  {password}
  {SOURCE}
  {DHCP}
  <timezone>Europe/London</timezone>
</installation>
"""


def spoilt(dialect: str, old: str, new: str) -> str:
    """The good file with one thing exchanged."""
    text = good(dialect)
    assert old in text, f"{old} is not in {text}"
    return text.replace(old, new, 1)


def upgrade(dialect: str, more: str = "") -> str:
    """A good file for an upgrade."""
    assert dialect
    return f"""<installation mode="upgrade">
  <existing-installation>sda</existing-installation>
  {SOURCE}
  {more}
</installation>
"""


def place(text: str, mark: str) -> tuple[int, int]:
    """Line and column where `mark` stands in the text; `|` in it is the place meant, if not its beginning."""
    plain = mark.replace("|", "")
    at = text.index(plain) + max(0, mark.find("|"))
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def known(name: str) -> Dialect:
    """The dialect of that name."""
    return DIALECTS[name]
