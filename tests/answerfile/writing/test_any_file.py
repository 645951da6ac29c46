"""Any file that an installer accepts, sensible or not, can be read into answers and written again without a loss."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Dialect, Holds, Value
from pxeserve.answerfile.dialects.shape import Element as Known
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.reading import read
from pxeserve.answerfile.writing import rewrite
from pxeserve.answerfile.writing.markup import Element, document

_SAMPLES = {
    Holds.DISK: ("sda", "/dev/sdb", "disk/by-id/scsi-3", "/dev//dev/sda", " sdc "),
    Holds.DISKS: ("sda,sdb", "sda,missing", "sda"),
    Holds.ADDRESS: ("http://192.0.2.1/x", "nfs://192.0.2.1:/x", "192.0.2.1:/x", "\n  http://192.0.2.1/x\n", "https://192.0.2.1/x", ""),
    Holds.SCRIPT: ("http://192.0.2.1/s", "nfs://192.0.2.1:/s", "192.0.2.1:/s"),
    Holds.NIC: ("eth0", "eth1", "no such name"),
    Holds.MAC: ("00:16:3e:00:00:01", "00:16:3E:00:00:02", "x"),
    Holds.IPV4: ("192.0.2.1", "192.0.2.999", ""),
    Holds.MASK: ("255.255.255.0", "24"),
    Holds.IPV6_PREFIX: ("2001:db8::1/64",),
    Holds.IPV6: ("2001:db8::1",),
    Holds.YES_NO: ("yes", "no", "True", "1"),
    Holds.NUMBER: ("1", "7", "0x10", "4094"),
    Holds.PASSWORD: ("s3cret", "<&>\"'", "two words"),
}
_TEXTS = ("a", "two words", "<&>\"'", " blanks ", "")


def _texts(value: Value | None) -> st.SearchStrategy[str]:
    if value is None:
        return st.just("")
    odd = _SAMPLES.get(value.holds, _TEXTS)
    usual = value.words or odd[:1]
    return st.sampled_from((*usual * 12, *odd))  # most of a file makes sense, so that many are accepted


def _attributes(known: Known) -> st.SearchStrategy[dict[str, str | None]]:
    return st.fixed_dictionaries({
        name: st.none() | _texts(one.value) if one.missing is None else _texts(one.value) for one in known.attributes for name in one.names
    })


def _elements(dialect: Dialect, known: Known) -> st.SearchStrategy[Element]:
    inner = [one for one in dialect.elements.values() if one.parent == known.key]
    children = st.tuples(*(_elements(dialect, one) for one in inner)) if inner else st.just(())
    text = _texts(known.text) if not inner else st.just("")
    return st.builds(Element, st.sampled_from(known.names), text, _attributes(known), children)


def _files(dialect: Dialect) -> st.SearchStrategy[bytes]:
    outer = [one for one in dialect.elements.values() if one.parent is None]
    needed = [one for one in outer if dialect.requiring(one.key)]
    bodies = st.tuples(
        st.tuples(*(_elements(dialect, one) for one in needed)),
        st.lists(st.sampled_from(outer).flatmap(lambda one: _elements(dialect, one)), max_size=8),
    ).map(lambda both: [*both[0], *both[1]])
    roots = dialect.roots or ("installation", "anything")
    mode = st.sampled_from((None, *dialect.modes))
    root = _attributes(dialect.root)
    return st.builds(
        lambda name, attributes, mode, body: document(Element(name, "", {**attributes, "mode": mode}, body), None),
        st.sampled_from(roots), root, mode, bodies,
    )  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_an_accepted_file_is_written_again_without_a_loss(name: str) -> None:
    dialect, seen = DIALECTS[name], Counter[str]()

    @settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=120)
    @given(_files(dialect))
    def holds(text: bytes) -> None:
        answers = read(parse(text), dialect).answers
        seen["files"] += 1
        if answers is None:
            return
        event(f"{name}: {answers.mode}")
        seen[answers.mode] += 1
        again = read(parse(rewrite(answers, dialect)), dialect)
        assert again.refusal is None, again.refusal
        assert again.answers == answers

    holds()
    assert sum(seen.values()) - seen["files"] >= 3, seen  # some were accepted, so that something was tested
