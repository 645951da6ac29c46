"""Which stages each generation of installers has, and what its RAM disk can run: data, read from the installers' own sources.

Refuses to know answerfiles: how a stage is spelled there is the dialect's business.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.answerfile.answers import Mode, Stage

_START, _PACKAGES, _FILLED, _COMPLETE, _FAILED = (
    Stage.INSTALLATION_START, Stage.PACKAGES_INSTALLED, Stage.FILESYSTEM_POPULATED, Stage.INSTALLATION_COMPLETE, Stage.INSTALL_FAILED,
)  # fmt: skip
_SHELLS = ("/bin/sh", "/bin/bash", "/usr/bin/env sh", "/usr/bin/env bash")
_PYTHON_2 = (*_SHELLS, "/usr/bin/python", "/usr/bin/env python")
_PYTHON_3 = (*_SHELLS, "/usr/bin/python3", "/usr/bin/env python3")


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation. `stages` are in their order; `done_after` is the last one that runs when all goes well; `argumentless` is the one
    that runs with no argument; `interpreters` are first lines that its RAM disk can run, without `#!`. `plain_passwords`: it takes a hash
    for the password itself. `stops`: a script that cannot be fetched ends the installation (at any stage but installation-complete)."""

    dialect: str
    stages: tuple[Stage, ...]
    done_after: Stage
    argumentless: Stage | None
    interpreters: tuple[str, ...]
    stops: bool
    plain_passwords: bool
    source: str


def _first(dialect: str) -> Generation:
    return Generation(
        dialect, (_FILLED,), _FILLED, None, _PYTHON_2, stops=False, plain_passwords=True,
        source=f"host-installer of {dialect}, backend.runScripts: whatever goes wrong is logged",
    )  # fmt: skip


def _named(dialect: str, interpreters: tuple[str, ...] = _PYTHON_2) -> Generation:
    return Generation(
        dialect, (_START, _FILLED, _COMPLETE), _COMPLETE, _START, interpreters, stops=True, plain_passwords=False,
        source=f"host-installer of {dialect}, scripts.run_script and install.py",
    )  # fmt: skip


_ROWS = (
    _first("4.1"),
    _first("5.0"),
    Generation(
        "5.5", (_FILLED, _FAILED), _FILLED, _FAILED, _PYTHON_2, stops=False, plain_passwords=True,
        source="host-installer of 5.5, backend.runScripts and install.handle_install_failure, which gives no argument",
    ),
    Generation(
        "5.6", (_FILLED, _COMPLETE), _COMPLETE, None, _PYTHON_2, stops=True, plain_passwords=False,
        source="host-installer of 5.6, scripts.run_script and install.py; #!/usr/bin/python it refuses itself, by a typing error",
    ),
    _named("6.0"),
    _named("6.2"),
    _named("6.5"),
    _named("7.0"),
    _named("7.1"),
    _named("8.2"),
    _named("xcp-8.2"),
    _named("xs8", (*_PYTHON_2, "/usr/bin/python3", "/usr/bin/env python3")),
    _named("xcp-8.3"),
    Generation(
        "xs9", (_START, _PACKAGES, _FILLED, _COMPLETE), _COMPLETE, _START, _PYTHON_3, stops=True, plain_passwords=False,
        source="host-installer of xs9, scripts.run_script, which looks at no first line",
    ),
)  # fmt: skip
GENERATIONS: dict[str, Generation] = {row.dialect: row for row in _ROWS}
"""By dialect."""


def stages(generation: Generation, mode: Mode) -> tuple[Stage, ...]:
    """The stages that come in `mode`, in their order: a restore copies a backup back and fills no file system."""
    return tuple(stage for stage in generation.stages if mode is not Mode.RESTORE or stage not in (_PACKAGES, _FILLED))
