"""What each process of the service takes of the machine, as the kernel tells it (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

_CHILD = "pxe-"
_PARENT = "supervisor"


class _Process(NamedTuple):
    name: str
    cpu: float
    resident: int
    started: float


class Processes:
    """The service's parent, and every child of its. `parent` is its pid."""

    def __init__(self, parent: int, proc: Path = Path("/proc")) -> None:
        self._parent = parent
        self._proc = proc

    def collect(self) -> Iterator[Metric]:
        """All of them, as far as they can be read."""
        about = "Seconds of processor time that a process has taken."
        cpu = CounterMetricFamily("pxeserve_process_cpu_seconds", about, labels=("process",))
        about = "Memory that a process has in use, in bytes, with what it shares."
        memory = GaugeMetricFamily("pxeserve_process_resident_memory_bytes", about, labels=("process",))
        about = "When a process began, in epoch seconds."
        began = GaugeMetricFamily("pxeserve_process_start_time_seconds", about, labels=("process",))
        for one in self._found():
            cpu.add_metric((one.name,), one.cpu)
            memory.add_metric((one.name,), one.resident)
            began.add_metric((one.name,), one.started)
        yield from (cpu, memory, began)

    def _found(self) -> list[_Process]:
        found: dict[str, _Process] = {}
        with suppress(OSError, ValueError, IndexError):
            booted = self._booted()
            for folder in self._proc.iterdir():
                if folder.name.isdecimal() and (one := self._read(folder, booted)) is not None:
                    found[one.name] = one
        return sorted(found.values())

    def _read(self, folder: Path, booted: float) -> _Process | None:
        """One process of the service; None for any other, and for one that has just ended."""
        with suppress(OSError, ValueError, IndexError):
            stat = (folder / "stat").read_text()
            name, fields = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
            if int(folder.name) == self._parent:
                name = _PARENT
            elif int(fields[1]) != self._parent or not name.startswith(_CHILD):
                return None
            ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
            cpu = (int(fields[11]) + int(fields[12])) / ticks
            return _Process(name.removeprefix(_CHILD), cpu, int(fields[21]) * page, booted + int(fields[19]) / ticks)
        return None

    def _booted(self) -> float:
        for line in (self._proc / "stat").read_text().splitlines():
            if line.startswith("btime "):
                return float(line.split()[1])
        raise ValueError("no btime")
