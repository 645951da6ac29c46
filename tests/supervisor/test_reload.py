"""SIGHUP: the children begin anew with what the file says now, and the log does not cry about it."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
from contextlib import closing
from typing import Any

CHILDREN = {"worker", "dhcp", "tftp", "provision", "console"}


def test_children_that_were_asked_to_begin_anew_are_no_errors_in_the_log(service: Any) -> None:
    service.start()
    before = service.children()
    for _ in range(3):
        since, former = len(service.log), service.children()
        service.signal(signal.SIGHUP)
        for name in CHILDREN:
            service.says(rf"info .*{name} ended as asked; started again\s+pid={former[name]}\b", since)
            service.says(rf"\b{name} ready\s+pid=", since)
    service.signal(signal.SIGTERM)
    assert service.ended() == 0
    assert not set(before.values()) & set(service.children().values())
    assert not [line for line in service.log if re.search(r"\[(error|warning)|Traceback", line)]


def test_a_child_that_was_killed_is_an_error_in_the_log_and_comes_back_alone(service: Any) -> None:
    service.start()
    before, since = service.children(), len(service.log)
    os.kill(before["tftp"], signal.SIGKILL)
    service.says(r"error .*tftp ended with -9; started again", since)
    service.says(r"\btftp ready\s+pid=", since)
    assert {name for name, pid in service.children().items() if before[name] != pid} == {"tftp"}
    assert service.transfers()


def test_what_is_settled_with_the_ports_waits_for_a_restart_and_the_log_says_so(service: Any) -> None:
    service.start()
    since = len(service.log)
    service.write(http=service.ports["http"] + 1)
    service.signal(signal.SIGHUP)
    service.says(r"warning .*change only with a restart", since)
    service.says(r"provision ready", since)
    assert service.healthy()  # where it was


def test_the_log_is_for_programs_or_for_people_from_one_reload_to_the_next(service: Any) -> None:
    people = service.config.read_text()
    service.config.write_text(f'{people}[log]\nformat = "json"\n')
    service.launch()
    service.says(r'"event": "ready"')
    service.until(service.healthy, "it serves")
    lines = [json.loads(line) for line in list(service.log)]  # every one of them, whichever process said it
    assert all({"event", "level", "timestamp", "process"} <= line.keys() for line in lines)
    service.config.write_text(people)
    since = len(service.log)
    service.signal(signal.SIGHUP)
    service.says(r"^\S+ \[info.*\btftp ready\s+pid=", since)
    service.signal(signal.SIGTERM)
    assert service.ended() == 0
    service.drained()
    assert service.log[-1].count("[info") == 1
    assert "stopping" in service.log[-1]


def test_what_a_reload_has_changed_is_a_line_of_the_audit(service: Any) -> None:
    def told() -> list[str]:
        with closing(sqlite3.connect(service.data / "state" / "site.db")) as connection:
            rows = connection.execute("SELECT object FROM audit WHERE action = 'configuration.changed' ORDER BY seq")
            return [row[0] for row in rows]

    service.start()
    service.until(told, "the first one is told")
    before, text = told(), service.config.read_text()
    service.config.write_text(f'{text}[log]\nlevel = "debug"\n')
    service.signal(signal.SIGHUP)
    service.until(lambda: told() == [*before, "log.level"], "the reload is told")
    service.config.write_text(f'{text}[arming]\nbind = "token"\n')
    service.signal(signal.SIGHUP)
    service.until(lambda: told() == [*before, "log.level", "arming.bind, log.level"], "and so is the next")
