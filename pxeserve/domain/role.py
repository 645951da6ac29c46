"""Who may do what, in three steps, each with all of the one before it.

Knows nobody: which role a verb wants is said where the verb is (`operations.registry`), which role somebody has by who lets them in.
"""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """A step; compare with `<` and `>=`."""

    VIEWER = 1    # reads all but secrets
    OPERATOR = 2  # arms and cancels; edits hosts, profiles, media, scripts
    ADMIN = 3     # users, tokens, settings

    @property
    def word(self) -> str:
        """As people and programs write it: `viewer`, `operator`, `admin`."""
        return self.name.lower()


WORDS = tuple(role.word for role in Role)
"""The three words, the least first."""


def named(word: str) -> Role:
    """The role of that word. Raises ValueError for any other, letter case and all."""
    return Role(WORDS.index(word) + 1)
