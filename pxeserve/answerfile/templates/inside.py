"""The inside of the room: what the bounded process does. It closes all that it inherited, gives up opening files and making processes, and
then renders templates that were handed to it, one after the other, until nobody asks any more.

What it cannot refuse by itself (endless computing) ends it: the kernel does that by its timer, whatever becomes of the parent.
"""

from __future__ import annotations

import codecs
import gc
import json
import os
import pickle
import pprint  # noqa: F401 - the filter of that name imports it when it is used: too late, as with the next
import resource
import signal
import struct
from collections.abc import Iterator
from types import FrameType, GeneratorType, TracebackType
from typing import Any

import jinja2.debug  # noqa: F401 - Jinja2 imports it when something goes wrong: too late for a process that can open nothing
from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.exceptions import TemplateNotFound, TemplatesNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pxeserve.answerfile.templates.folder import Sources

MEMORY = 64 * 1024 * 1024
"""Bytes that a rendering may take on top of what the process began with."""

MOST_TEXT = 256 * 1024
"""Characters of what comes out: more is no answerfile."""

LENGTH = struct.Struct("!I")

codecs.lookup("unicode-escape")  # what Jinja2 reads texts by: loaded while files can be opened


class _UnsaidError(TemplateError):
    """An answer that nobody gave was to be written."""


class _TooLongError(TemplateError):
    """What comes out has no end."""


def live(asked: int, answers: int, sources: Sources, seconds: float) -> int:
    """Serve requests from the pipe `asked` into the pipe `answers`, with `seconds` for each. Returns when the pipe is closed."""
    _shut(asked, answers)
    environment = _environment(sources)
    while (request := _received(asked)) is not None:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer = json.dumps(_answered(environment, *pickle.loads(request))).encode()  # noqa: S301 - our own parent's
        signal.setitimer(signal.ITIMER_REAL, 0)
        _sent(answers, LENGTH.pack(len(answer)) + answer)
    return 0


def _shut(*kept: int) -> None:
    """Close everything but `kept`, and take away what computing does not need."""
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    first, second = sorted(kept)
    for low, high in ((0, first), (first + 1, second), (second + 1, 65_536)):
        os.closerange(low, high)
    gc.disable()
    for limit, value in (
        (resource.RLIMIT_AS, _size() + MEMORY),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def _size() -> int:
    descriptor = os.open("/proc/self/statm", os.O_RDONLY)
    pages = int(os.read(descriptor, 100).split()[0])
    os.close(descriptor)
    return pages * resource.getpagesize()


def _environment(sources: Sources) -> ImmutableSandboxedEnvironment:
    def load(name: str) -> tuple[str, str, Any] | None:
        return (sources[name], name, None) if name in sources else None

    def said(value: Any) -> Any:
        if value is None:
            raise _UnsaidError("an answer that nobody gave is written here; ask for it first, as in {% if answers.hostname %}")
        return value

    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, finalize=said, cache_size=-1,
    )  # fmt: skip
    del environment.globals["lipsum"]  # reads a file, and says nothing
    return environment


def _answered(environment: ImmutableSandboxedEnvironment, name: str, values: dict[str, Any] | None) -> dict[str, Any]:
    """The text and where its pieces came from, or what went wrong; without `values` the template is only looked at."""
    try:
        if values is None:
            _look(environment, name)
            return {"text": "", "pieces": []}
        pieces, total, text = [], 0, []
        for piece, where, line in _pieces(environment.get_template(name), values):
            pieces.append((total, where, line))
            total += len(piece)
            text.append(piece)
            if total > MOST_TEXT:
                raise _TooLongError(f"more than {MOST_TEXT // 1024} KiB come out of it")
        return {"text": "".join(text), "pieces": pieces}
    except TemplateSyntaxError as error:
        return _wrong(error.name or name, error.lineno, f"not Jinja2: {error.message}")
    except MemoryError as error:
        return _wrong(*_where(error, name), f"it takes more than {MEMORY >> 20} MiB of memory")
    except RecursionError as error:
        return _wrong(*_where(error, name), "it calls itself without end")
    except (TemplateNotFound, TemplatesNotFound) as error:
        return _wrong(*_where(error, name), f"there is no template {error.message}")
    except Exception as error:  # noqa: BLE001 - whatever a template does is its author's to hear
        return _wrong(*_where(error, name), f"{str(error) or type(error).__name__}")


def _look(environment: ImmutableSandboxedEnvironment, name: str) -> None:
    """Compile a template and all that it names."""
    seen, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        template = environment.get_template(one)
        assert environment.loader is not None
        source = environment.loader.get_source(environment, one)[0]
        del template
        waiting += [other for other in meta.find_referenced_templates(environment.parse(source)) if other is not None]


def _pieces(template: Template, values: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """What comes out, piece by piece, each with the template and the line at which its writing began."""
    stream = template.root_render_func(template.new_context(values))
    for piece in stream:
        yield piece, *_place(stream, template)


def _place(stream: Any, template: Template) -> tuple[str, int]:
    inner = stream
    while isinstance(inner.gi_yieldfrom, GeneratorType):
        inner = inner.gi_yieldfrom
    return _in_template(inner.gi_frame) or (template.name or "", 0)


def _in_template(frame: FrameType | None, line: int | None = None) -> tuple[str, int] | None:
    found = frame.f_globals.get("__jinja_template__") if frame is not None else None
    if frame is None or not isinstance(found, Template):
        return None
    return found.name or "", found.get_corresponding_lineno(line if line is not None else frame.f_lineno)


def _where(error: BaseException, name: str) -> tuple[str, int]:
    """The innermost place in a template where it went wrong."""
    place: tuple[str, int] | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        place = _in_template(trace.tb_frame, trace.tb_lineno) or place
        trace = trace.tb_next
    return place or (name, 0)


def _wrong(name: str, line: int, message: str) -> dict[str, Any]:
    return {"error": message[:500], "name": name, "line": line}


def _received(descriptor: int) -> bytes | None:
    head = _exactly(descriptor, LENGTH.size)
    return _exactly(descriptor, LENGTH.unpack(head)[0]) if head is not None else None


def _exactly(descriptor: int, size: int) -> bytes | None:
    found = b""
    while len(found) < size:
        part = os.read(descriptor, size - len(found))
        if not part:
            return None
        found += part
    return found


def _sent(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
