"""Templates compute and do nothing else: each way out of their bounds is an error that names the template and its line, and no more."""

from __future__ import annotations

import os
import pickle
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from pxeserve.answerfile.templates import Room, TemplateError, inside, sources
from pxeserve.answerfile.templates.folder import MOST_BYTES, MOST_FILES
from pxeserve.answerfile.templates.inside import MEMORY

VALUES: dict[str, Any] = {"name": "a<b>&\"c'", "nothing": None, "answers": {"hostname": None}}


def rendered(text: str, **more: str) -> str:
    with Room({"main": text, **more}) as room:
        return room.render("main", VALUES).text


def refused(text: str, seconds: float = 2.0, **more: str) -> TemplateError:
    with Room({"main": text, **more}, seconds) as room, pytest.raises(TemplateError) as error:
        room.render("main", VALUES)
    return error.value


def test_values_are_escaped_for_xml_in_text_and_attribute() -> None:
    assert rendered('<a b="{{ name }}">{{ name }}</a>') == (
        '<a b="a&lt;b&gt;&amp;&#34;c&#39;">a&lt;b&gt;&amp;&#34;c&#39;</a>'
    )


def test_a_filter_that_wants_a_module_has_it() -> None:
    assert rendered("{{ [1, 2] | pprint }}") == "[1, 2]"


def test_templates_may_use_each_other_and_lines_of_tags_alone_leave_nothing() -> None:
    text = '{% extends "base" %}\n{% block body %}\n{% for n in range(2) %}\n  <x>{{ n }}</x>\n{% endfor %}\n{% include "end" %}\n'
    text += "{% endblock %}\n"
    assert rendered(text, base="<r>\n{% block body %}{% endblock %}\n</r>", end="<e/>") == "<r>\n  <x>0</x>\n  <x>1</x>\n<e/></r>"


BOMBS = {
    "a long range": "\n{% for i in range(10**9) %}x{% endfor %}",
    "a long text": "\n{{ 'x' * 10**9 }}",
    "a wide text": "\n{{ name.center(10**10) }}",
    "a padded number": "\n{{ '%099999999999d' % 1 }}",
    "a long list": "\n{% set x = [0] * 10**9 %}",
    "a doubling": "\n{% set ns = namespace(x='x') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "a macro without end": "{% macro a() %}{{ a() }}{% endmacro %}\n{{ a() }}",
    "an include of itself": "\n{% include 'main' %}",
    "many brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "a long output": "{% for i in range(100000) %}xxxxxxxxxx{% endfor %}",
}


@pytest.mark.parametrize(("bomb", "says"), [
    ("a long range", "Range too big"), ("a long text", "MiB of memory"), ("a wide text", "MiB of memory"),
    ("a padded number", "MiB of memory"), ("a long list", "MiB of memory"), ("a doubling", "MiB of memory"),
    ("a macro without end", "calls itself"), ("an include of itself", "calls itself"), ("many brackets", "calls itself"),
    ("a long output", "KiB come out of it"),
])  # fmt: skip
def test_what_would_take_too_much_is_ended(bomb: str, says: str) -> None:
    error = refused(BOMBS[bomb])
    assert says in error.message
    assert error.name == "main"


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
        "{% set n = 9 ** (9 ** 9) %}",                                        # one step of the interpreter: nothing but the kernel ends it
        "{% for i in range(100000) %}{% set x = name * 1000000 %}{% endfor %}",
    ],
)  # fmt: skip
def test_what_takes_too_long_is_ended_by_the_kernel(text: str) -> None:
    assert "took longer than 0.2 s, and was ended" in refused(text, 0.2).message


def test_the_kernels_timer_ends_it_though_nobody_waits_for_it() -> None:
    room = Room({"main": "{{ name }}", "slow": "{% set n = 9 ** (9 ** 9) %}"}, 0.2)
    room.render("main", VALUES)
    request = pickle.dumps(("slow", VALUES))
    os.write(room._ask, inside.LENGTH.pack(len(request)) + request)
    _, status = os.waitpid(room._pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGALRM
    os.close(room._ask)
    os.close(room._hear)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ '{0.__class__}'.format(name) }}",
        "{{ namespace.__init__ }}",
        "{{ (1).__class__.__base__.__subclasses__() }}",
        "{{ [].append(1) }}",                                                  # nothing that was given can be changed
        "{{ self._TemplateReference__context }}",
    ],
)  # fmt: skip
def test_nothing_leads_out_of_the_sandbox(text: str) -> None:
    assert "unsafe" in refused(text).message or "not safely callable" in refused(text).message


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret", "file:///etc/passwd", "nothing"])
def test_there_are_no_files_but_the_templates(name: str) -> None:
    error = refused(f"\n{{% include '{name}' %}}")
    assert (error.message, error.line) == (f"there is no template {name}", 2)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a\n{{ hostnme }}", 2, "'hostnme' is undefined"),
        ("a\n\n{{ answers.hostnme }}", 3, "has no attribute 'hostnme'"),
        ("a\n{{ answers.hostname }}", 2, "an answer that nobody gave is written here"),
        ("a\n{% if %}", 2, "not Jinja2: Expected an expression"),
        ("a\n{% for %}", 2, "not Jinja2"),
        ("a\n\n{{ name | nofilter }}", 3, "No filter named 'nofilter'"),
        ("{% macro m() %}\n{{ 1 / 0 }}\n{% endmacro %}\n{{ m() }}", 2, "division by zero"),
    ],
)
def test_a_mistake_is_pointed_at(text: str, line: int, says: str) -> None:
    error = refused(text)
    assert says in error.message
    assert (error.name, error.line) == ("main", line)
    assert str(error).startswith(f"template main line {line}: ")


def test_a_mistake_in_an_included_template_names_that_one() -> None:
    error = refused("a\n{% include 'other' %}", other="\n\n{{ hostnme }}")
    assert (error.name, error.line) == ("other", 3)


def test_a_look_finds_what_a_rendering_would_not_come_to() -> None:
    with Room({"main": "{% if false %}{% include 'other' %}{% endif %}", "other": "\n{% if %}", "good": "{{ anything }}"}) as room:
        room.look("good")
        with pytest.raises(TemplateError) as error:
            room.look("main")
        assert (error.value.name, error.value.line) == ("other", 2)


def test_a_room_goes_on_after_a_mistake_and_after_its_process_was_ended() -> None:
    with Room({"good": "{{ name }}", "bad": "{{ x }}", "slow": "{% set n = 9 ** (9 ** 9) %}"}, 0.2) as room:
        for name in ("bad", "slow", "bad", "slow"):
            with pytest.raises(TemplateError):
                room.render(name, VALUES)
            assert room.render("good", {"name": "x"}).text == "x"


def test_the_process_has_no_file_open_but_its_pipes_and_ends_with_the_room() -> None:
    with Room({"main": "{{ name }}"}) as room:
        room.render("main", VALUES)
        pid = room._pid
        assert len(os.listdir(f"/proc/{pid}/fd")) == 2
        limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
        assert [line.split()[3] for line in limits.splitlines() if line.startswith("Max open files")] == ["0"]
        size = next(int(line.split()[3]) for line in limits.splitlines() if line.startswith("Max address space"))
        assert size < MEMORY + 2**31
    assert not os.path.exists(f"/proc/{pid}")


def test_the_process_ends_when_nobody_is_there_any_more() -> None:
    room = Room({"main": "{{ name }}"})
    room.render("main", VALUES)
    os.close(room._ask)
    assert os.waitpid(room._pid, 0) == (room._pid, 0)
    os.close(room._hear)


def test_a_line_of_what_came_out_leads_back_to_its_template() -> None:
    text = "<r>\n{% for n in range(3) %}\n  <x>{{ n }}</x>\n{% endfor %}\n{% include 'end' %}\n  <y>{{ name }}</y>\n</r>\n"
    with Room({"main": text, "end": "<e/>\n"}) as room:
        found = room.render("main", VALUES)
    lines = found.text.splitlines()
    assert [found.place(number, line.strip().split(">")[0]) for number, line in enumerate(lines, 1)] == [
        ("main", 1), ("main", 3), ("main", 3), ("main", 3), ("main", 5), ("main", 6), ("main", 7),
    ]  # fmt: skip


def test_a_template_costs_little_once_its_room_is_there(record_property: Any) -> None:
    with Room({"main": "<r>{% for n in range(20) %}<x>{{ name }}</x>{% endfor %}</r>"}) as room:
        room.render("main", VALUES)
        begun = time.perf_counter()
        for _ in range(200):
            room.render("main", VALUES)
        record_property("figure", f"a rendering in a room that is there: {(time.perf_counter() - begun) * 5:.2f} ms")


# --- the folder ---


def test_templates_are_the_plain_files_beneath_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    (folder / "parts").mkdir(parents=True)
    (folder / "rack.xml.j2").write_text("rack")
    (folder / "parts" / "net.j2").write_text("net")
    (folder / ".hidden").write_text("no")
    (folder / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "secret").write_text("secret")
    (folder / "link.j2").symlink_to(tmp_path / "secret")
    (folder / "way").symlink_to(tmp_path)
    os.mkfifo(folder / "fifo")
    assert sources(folder) == {"parts/net.j2": "net", "rack.xml.j2": "rack"}
    assert sources(tmp_path / "nowhere") == {}


def test_too_large_and_too_many_templates_are_refused(tmp_path: Path) -> None:
    (tmp_path / "large").write_text("x" * (MOST_BYTES + 1))
    with pytest.raises(TemplateError, match="64 KiB at most"):
        sources(tmp_path)
    (tmp_path / "large").unlink()
    for number in range(MOST_FILES + 1):
        (tmp_path / str(number)).write_text("x")
    with pytest.raises(TemplateError, match="more than 200 templates"):
        sources(tmp_path)
