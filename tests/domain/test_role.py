from __future__ import annotations

import pytest

from pxeserve.domain.role import WORDS, Role, named


def test_each_role_has_all_of_the_one_before_it() -> None:
    assert Role.VIEWER < Role.OPERATOR < Role.ADMIN
    assert [named(word) for word in WORDS] == list(Role)


@pytest.mark.parametrize("word", ["", "Admin", "root", "3"])
def test_no_other_word_is_a_role(word: str) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        named(word)
