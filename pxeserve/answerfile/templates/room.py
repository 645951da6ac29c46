"""A room in which templates are rendered: a process of its own that may compute for a while and nothing else. What breaks its bounds ends
it, and is an error that names the template.

Forked rather than started, since the service's user need not be able to read the programs that it runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import select
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from pxeserve.answerfile.templates import inside
from pxeserve.answerfile.templates.folder import Sources, TemplateError

SECONDS = 2.0
"""For one rendering; a large one takes a hundredth of that."""

_GRACE = 1.0
"""How much longer than the process itself we wait for it, when its own timer should have ended it."""
_MOST_ANSWER = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came out of a template. `pieces` are where it came from: for the character offset at which each begins, template and line."""

    text: str = field(repr=False)
    pieces: tuple[tuple[int, str, int], ...] = field(repr=False)
    sources: Sources = field(repr=False)

    def place(self, line: int, mark: str = "") -> tuple[str, int]:
        """The template and its line behind `line` of the text (from 1): the nearest that is known, and there the next line that holds
        `mark`, such as `<hostname`."""
        offset = 0
        for _ in range(line - 1):
            offset = self.text.find("\n", offset) + 1
        at = offset + max(self.text[offset:].split("\n", 1)[0].find(mark), 0)
        name, found = self.pieces[0][1:] if self.pieces else ("", 0)
        for begins, where, number in self.pieces:
            if begins > at:
                break
            name, found = where, number
        lines = self.sources.get(name, "").split("\n")
        for number in range(max(found, 1), len(lines) + 1):
            if mark and mark in lines[number - 1]:
                return name, number
        return name, found


class Room:
    """Renders templates of `sources`, one after the other. Use it with `with`; not for more than one thread."""

    def __init__(self, sources: Sources, seconds: float = SECONDS) -> None:
        self._sources, self._seconds = sources, seconds
        self._pid = 0
        self._ask = self._hear = -1

    def __enter__(self) -> Room:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._end()

    def look(self, name: str) -> None:
        """Read a template and all that it includes, without rendering it. Raises TemplateError."""
        self._asked(name, None)

    def render(self, name: str, values: Mapping[str, Any]) -> Rendered:
        """What `name` makes of `values`. Raises TemplateError."""
        found = self._asked(name, dict(values))
        return Rendered(found["text"], tuple((begins, where, line) for begins, where, line in found["pieces"]), self._sources)

    def _asked(self, name: str, values: dict[str, Any] | None) -> dict[str, Any]:
        if name not in self._sources:
            raise TemplateError(name, 0, "there is no such template", f"known are {', '.join(self._sources) or 'none'}")
        if not self._pid:
            self._begin()
        request = pickle.dumps((name, values))
        try:
            inside._sent(self._ask, inside.LENGTH.pack(len(request)) + request)
            head = self._heard(inside.LENGTH.size)
            length = inside.LENGTH.unpack(head)[0]
            if length > _MOST_ANSWER:
                raise EOFError
            found: dict[str, Any] = json.loads(self._heard(length))
        except (OSError, EOFError):
            raise TemplateError(name, 0, f"it {self._how_it_ended()}, and was ended", "let it do less") from None
        if "error" in found:
            raise TemplateError(str(found["name"]), int(found["line"]), str(found["error"]))
        return found

    def _begin(self) -> None:
        asked, self._ask = os.pipe2(os.O_CLOEXEC)
        self._hear, answers = os.pipe2(os.O_CLOEXEC)
        pid = os.fork()
        if not pid:
            status = 1
            with contextlib.suppress(BaseException):
                status = inside.live(asked, answers, self._sources, self._seconds)
            os._exit(status)
        self._pid = pid
        os.close(asked)
        os.close(answers)

    def _heard(self, size: int) -> bytes:
        found = b""
        until = time.monotonic() + self._seconds + _GRACE
        while len(found) < size:
            ready, _, _ = select.select([self._hear], [], [], max(until - time.monotonic(), 0))
            part = os.read(self._hear, min(size - len(found), 65_536)) if ready else b""
            if not part:
                raise EOFError
            found += part
        return found

    def _how_it_ended(self) -> str:
        status = self._end()
        if status in (-signal.SIGALRM, -signal.SIGKILL):
            return f"took longer than {self._seconds:g} s"
        return f"broke its process ({status})"

    def _end(self) -> int:
        """End the process; how it ended, as `os.waitstatus_to_exitcode` says it."""
        if not self._pid:
            return 0
        for descriptor in (self._ask, self._hear):
            os.close(descriptor)
        ended, status = os.waitpid(self._pid, os.WNOHANG)
        if not ended:
            os.kill(self._pid, signal.SIGKILL)
            _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return os.waitstatus_to_exitcode(status)
