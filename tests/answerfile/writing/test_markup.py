"""What is written is XML that any parser reads back to the letter, in ASCII."""

from xml.dom import minidom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile.writing.markup import Element, document, yes_no

_XML = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\r", exclude_characters="\ufffe\uffff"), max_size=30)


@given(_XML, _XML)
def test_texts_and_attributes_come_back_to_the_letter(text: str, value: str) -> None:
    written = document(Element("a", "", {}, [Element("b", text, {"c": value})]), None)
    assert written.isascii()
    [node] = minidom.parseString(written).getElementsByTagName("b")
    assert "".join(child.data for child in node.childNodes) == text
    assert node.getAttribute("c") == value


@given(st.text(max_size=40))
def test_any_note_makes_a_comment(note: str) -> None:
    written = document(Element("a"), note)
    assert written.isascii()
    assert minidom.parseString(written).documentElement.tagName == "a"


def test_the_layout_is_always_the_same() -> None:
    root = Element("a", "", {"x": None, "y": '<"&'}, [Element("b", "1"), Element("c", "", {}, [Element("d")])])
    assert document(root, "made -- here-").decode() == (
        '<?xml version="1.0"?>\n<!-- made - - here -->\n<a y="&lt;&quot;&amp;">\n  <b>1</b>\n  <c>\n    <d/>\n  </c>\n</a>\n'
    )


@pytest.mark.parametrize(("value", "word"), [(None, None), (True, "yes"), (False, "no")])
def test_booleans_are_said_in_words_of_all_generations(value: bool | None, word: str | None) -> None:
    assert yes_no(value) == word
