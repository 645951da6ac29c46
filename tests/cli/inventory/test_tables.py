"""Files of hosts as people's programs write them, and what machines have said as terminals show it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import typer
from rich.console import Console

from pxeserve.cli.inventory import discovered
from pxeserve.cli.inventory.tables import MAX_BYTES, read
from pxeserve.cli.terminal.session import visible

TABLE = "name;mac\nxen01;52:54:00:77:00:01\nümlaut;\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_excel_saves_is_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "Rack 2.CSV"
    file.write_bytes(TABLE.encode(encoding))
    assert read(file) == {"text": TABLE, "form": "csv", "file": "Rack 2.CSV"}


@pytest.mark.parametrize(
    ("name", "data", "code", "says"),
    [
        ("rack.csv", TABLE.encode("latin-1"), 1, "line 3: not UTF-8\n  save it as"),
        ("rack.csv", b"x" * (MAX_BYTES + 1), 1, "more than 16 MiB"),
        ("rack.xlsx", b"PK", 2, "neither .csv nor .yaml"),
        ("gone.csv", None, 1, "cannot be read: No such file"),
    ],
)
def test_what_is_no_table_is_named(
    tmp_path: Path, name: str, data: bytes | None, code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(typer.Exit) as ended:
        read(tmp_path / name)
    assert ended.value.exit_code == code
    assert says in capsys.readouterr().err


def test_words_of_machines_are_no_markup_and_no_orders() -> None:
    said = "[red]\x1b[2J\u202ex[/red]"
    machine = {
        "mac": "52:54:00:77:00:09", "firmware": None, "architecture": None, "vendor_class": said, "uuid": said, "serial": said,
        "user_class": said,
        "hostname": said, "relay": said, "circuit": said, "remote": said, "first_seen": 0.0, "last_seen": 0.0, "boots": 1, "notes": [said],
    }  # fmt: skip
    out = io.StringIO()
    console = Console(file=out, width=400, highlight=False, force_terminal=True, color_system="truecolor")
    discovered._listed(visible([machine]), console)
    discovered._shown(visible(machine), console)
    shown = out.getvalue()
    assert "[red]\\x1b[2J\\u202ex[/red]" in shown
    assert "\u202e" not in shown
    assert "\x1b[2J" not in shown
    assert "\x1b[31m" not in shown
