"""The man page and the completions: every command stands in them, and those who read them have nothing to say. The page of the
configuration: every key stands in it, as the model has it today."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from pxeserve.cli.main import app
from pxeserve.config import load

PACKAGING = Path(__file__).parent.parent.parent / "packaging"
DOCS = PACKAGING.parent / "docs"


def drawn(script: str, *words: str) -> str:
    command = [sys.executable, PACKAGING / script, *words]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1780000000"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("man") / "pxeserve.1"
    path.write_text(drawn("manual.py"))
    return path


def words_of_all(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Every command's words with its options, asked of the command line itself."""
    command = command if command is not None else get_command(app)
    options = {name for one in command.params if one.param_type_name == "option" and not one.hidden for name in one.opts}
    yield words, options - {"--install-completion", "--show-completion"}
    if hasattr(command, "list_commands"):
        context = typer.Context(command)
        for name in command.list_commands(context):
            yield from words_of_all(command.get_command(context, name), (*words, name))


def test_every_command_and_each_of_its_options_stands_in_the_page(manual: Path) -> None:
    plain = manual.read_text().replace("\\-", "-")
    sections = dict(re.findall(r'^\.SS "(.*?)"\n(.*?)(?=^\.S[SH]|\Z)', plain, re.MULTILINE | re.DOTALL))
    everything = [(words, options) for words, options in words_of_all() if words]
    assert len(everything) > 100
    for words, options in everything:
        assert options <= set(re.findall(r"\\fB(-[-a-z0-9]+)", sections[" ".join(("pxeserve", *words))])), words


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_mandoc_has_no_warning(manual: Path) -> None:
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", manual], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_shows_it_without_a_word_of_its_own(manual: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"}
    done = subprocess.run(["man", "--warnings", "-l", manual], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "pxeserve media import [OPTIONS] [SOURCE]..." in done.stdout


ASKED = {
    "pxeserve me": {"media"},
    "pxeserve --server host me": {"media"},
    "pxeserve host in": {"install"},
    "pxeserve media import --n": {"--name"},
    "pxeserve host install --mode x --r": {"--rack"},
    "pxeserve tls import --j": {"--json"},
}
BASH = 'COMP_WORDS=($WORDS); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _pxeserve; printf "%s\\n" "${COMPREPLY[@]}"'
ZSH = 'compadd() { shift; print -l -- ${(M)@:#${cur}*}; }; _files() { print -l -- ${cur}*; }; words=(${=WORDS}); CURRENT=$#words; _pxeserve'
SHELLS = {
    "bash": ["bash", "-c", f'source "$FILE"; {BASH}'],
    "zsh": ["zsh", "-fc", f'compdef() {{ : }}; source "$FILE"; {ZSH}'],
    "fish": ["fish", "-c", 'source "$FILE"; complete -C "$WORDS" | string split -f1 \\t'],
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_what_has_been_begun(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    completion = tmp_path / "completion"
    completion.write_text(drawn("completion.py", shell))

    def completed(words: str) -> set[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "FILE": str(completion), "WORDS": words}
        done = subprocess.run(SHELLS[shell], env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.stderr == "", words
        return set(done.stdout.split())

    for words, wanted in ASKED.items():
        assert completed(words) == wanted, words
    (tmp_path / "a-file.toml").touch()
    assert completed(f"pxeserve serve --config {tmp_path}/a-f") == {f"{tmp_path}/a-file.toml"}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_stands_in_each_completion(shell: str) -> None:
    text = drawn("completion.py", shell)
    for words, _ in words_of_all():
        assert f'"{" ".join(words)}"' in text or f"'{' '.join(words)}'" in text or not words, words


def test_the_page_of_the_configuration_is_what_is_drawn_today() -> None:
    page = DOCS / "configuration.md"
    assert page.read_text(encoding="utf-8") == drawn("configuration.py"), "python packaging/configuration.py > docs/configuration.md"


def test_the_pictures_are_those_that_the_tables_give_today() -> None:
    page = (DOCS / "pictures.md").read_text(encoding="utf-8")
    assert page == drawn("pictures.py"), "python packaging/pictures.py > docs/pictures.md"


def test_every_default_of_that_page_is_read_as_the_default(tmp_path: Path) -> None:
    sections = re.findall(r"^`\[(\w+)\]`.*?\n\n(.*?)(?=^## |\Z)", (DOCS / "configuration.md").read_text(), re.MULTILINE | re.DOTALL)
    lines = []
    for section, rows in sections:
        told = re.findall(r"^\| `(\w+)` \| .*? \| `([^|]+)` \| ", rows, re.MULTILINE)
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in told)]
    said = tmp_path / "pxeserve.toml"
    said.write_text("\n".join(lines))
    assert len(lines) > 50
    assert load(said, {}) == load(None, {})
