"""A Mermaid picture as SVG, so that a page shows it without a script and without a network. Reads what the pages hold and no more: state
diagrams of arrows, and flowcharts of boxes and arrows, downwards or to the right; any other line is an error, not a picture with a hole.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from layout import Box, Gaps, Line, lay

_HEAD = re.compile(r"(stateDiagram-v2)|flowchart (TD|LR)")
_CHANGE = re.compile(r"(\[\*\]|[\w-]+) --> (\[\*\]|[\w-]+)(?:: (.+))?")
_BOX = re.compile(r'([\w-]+)\["(.+?)"\]')
_ARROW = re.compile(r'([\w-]+) -->(?:\|"(.+?)"\|)? ([\w-]+)')
_OUTSIDE = "[*]"

_LETTER, _ROW, _MARGIN = 6.6, 17.0, 10.0
_WIDEST = {True: 46, False: 24}
_INK, _PAPER, _FILL, _ENDED = "#2b3a4a", "#ffffff", "#eaf2fb", "#e9ecef"


class PictureError(Exception):
    """A line that cannot be drawn."""


@dataclass(slots=True)
class Drawing:
    """What a picture holds, by the names of its text. `ended`: states that nothing follows."""

    down: bool = True
    boxes: dict[str, str] = field(default_factory=dict)
    arrows: list[tuple[str, str, str]] = field(default_factory=list)
    begins: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)


def read(text: str) -> Drawing:
    """The drawing of a picture's text. Raises PictureError with the line that is not understood."""
    head, *lines = [line.strip() for line in text.strip().splitlines()]
    kind = _HEAD.fullmatch(head)
    if kind is None:
        raise PictureError(f"{head!r} is no picture that can be drawn")
    drawing = Drawing(down=kind[2] != "LR")
    for line in lines:
        if not (_state(drawing, line) if kind[1] else _flow(drawing, line)):
            raise PictureError(f"{line!r} cannot be drawn")
    return drawing


def _state(drawing: Drawing, line: str) -> bool:
    found = _CHANGE.fullmatch(line)
    if found is None:
        return False
    before, then, why = found[1], found[2], found[3] or ""
    for name in (before, then):
        if name != _OUTSIDE:
            drawing.boxes.setdefault(name, name)
    if before == _OUTSIDE:
        drawing.begins[then] = why
    elif then == _OUTSIDE:
        drawing.ended.add(before)
    else:
        drawing.arrows.append((before, then, why))
    return True


def _flow(drawing: Drawing, line: str) -> bool:
    box, arrow = _BOX.fullmatch(line), _ARROW.fullmatch(line)
    if box is not None:
        drawing.boxes[box[1]] = box[2]
        return True
    if arrow is None or not {arrow[1], arrow[3]} <= set(drawing.boxes):
        return False
    drawing.arrows.append((arrow[1], arrow[3], arrow[2] or ""))
    return True


def svg(text: str) -> str:
    """The picture as one SVG element without a blank line in it. Raises PictureError."""
    drawing = read(text)
    words = {name: _rows(drawing, name) for name in drawing.boxes}
    lines: list[Line] = []
    for number, (before, then, why) in enumerate(drawing.arrows):
        if before == then:
            continue  # told in its box
        label = f"label {number}" if why else None
        if label is not None:
            words[label] = textwrap.wrap(why, _WIDEST[drawing.down])
        lines.append(Line(before, then, label))
    boxes = {name: _sized(rows, _MARGIN if name in drawing.boxes else 2.0, drawing.down) for name, rows in words.items()}
    lay(boxes, lines, Gaps(18.0, 16.0) if drawing.down else Gaps(14.0, 14.0))
    return _Sheet(drawing, words, boxes, lines).svg()


def _rows(drawing: Drawing, name: str) -> list[str]:
    """What stands in a box: its words, how one comes there from outside, and what leaves it as it is."""
    rows = textwrap.wrap(drawing.boxes[name], _WIDEST[drawing.down])
    if drawing.begins.get(name):
        rows.append(f"({drawing.begins[name]})")
    return rows + [f"\u21bb {why}" for before, then, why in drawing.arrows if before == then == name]


def _sized(rows: list[str], margin: float, down: bool) -> Box:
    width = max(len(row) for row in rows) * _LETTER + 2 * margin
    height = len(rows) * _ROW + margin
    return Box(width, height) if down else Box(height, width)


@dataclass(frozen=True, slots=True)
class _Sheet:
    drawing: Drawing
    words: dict[str, list[str]]
    boxes: dict[str, Box]
    lines: list[Line]

    def svg(self) -> str:
        placed = [self._edges(name) for name in self.boxes]
        left, top = min(one[0] for one in placed) - _MARGIN, min(one[1] for one in placed) - _MARGIN
        width, height = max(one[2] for one in placed) + _MARGIN - left, max(one[3] for one in placed) + _MARGIN - top
        said = "; ".join(f"{before} to {then}" + (f": {why}" if why else "") for before, then, why in self.drawing.arrows)
        arrows = [self._arrow(line) for line in self.lines]
        texts = [self._box(name) if name in self.drawing.boxes else self._label(name) for name in self.words]
        return "\n".join((
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" '
            f'style="width:100%;max-width:{width:.0f}px;height:auto" font-family="sans-serif" font-size="12">',
            f"<title>{escape(said)}</title>",
            f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}" fill="{_PAPER}"/>',
            *arrows, *texts, "</svg>",
        ))  # fmt: skip

    def _point(self, name: str) -> tuple[float, float]:
        box = self.boxes[name]
        return (box.x, box.y) if self.drawing.down else (box.y, box.x)

    def _edges(self, name: str) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        (x, y), box = self._point(name), self.boxes[name]
        width, height = (box.across, box.along) if self.drawing.down else (box.along, box.across)
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def _box(self, name: str) -> str:
        left, top, right, bottom = self._edges(name)
        fill = _ENDED if name in self.drawing.ended else _FILL
        stroke = 2.5 if name in self.drawing.begins else 1
        shape = f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" rx="6"'
        return f'{shape} fill="{fill}" stroke="{_INK}" stroke-width="{stroke}"/>{self._text(name)}'

    def _label(self, name: str) -> str:
        left, top, right, bottom = self._edges(name)
        shape = f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
        return f'{shape} fill="{_PAPER}"/>{self._text(name)}'

    def _text(self, name: str) -> str:
        x, y = self._point(name)
        rows = self.words[name]
        first = y - (len(rows) - 1) * _ROW / 2 + 4
        spans = "".join(f'<tspan x="{x:.1f}" y="{first + number * _ROW:.1f}">{escape(row)}</tspan>' for number, row in enumerate(rows))
        return f'<text text-anchor="middle" fill="{_INK}">{spans}</text>'

    def _arrow(self, line: Line) -> str:
        """A curve through all that the line passes, which leaves and reaches boxes in the middle of their sides; its head is at the end."""
        names = [line.end, *line.passes, line.start] if line.back else [line.start, *line.passes, line.end]
        points = [self._side(names[0], 1), *(self._side(name, way) for name in names[1:-1] for way in (-1, 1)), self._side(names[-1], -1)]
        if line.back:
            points.reverse()
        path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
        for (x1, y1), (x2, y2) in pairwise(points):
            middle = (x1, (y1 + y2) / 2, x2, (y1 + y2) / 2) if self.drawing.down else ((x1 + x2) / 2, y1, (x1 + x2) / 2, y2)
            path += " C" + " ".join(f"{value:.1f}" for value in (*middle, x2, y2))
        return f'<path d="{path}" fill="none" stroke="{_INK}"/>{self._head(*points[-1], -1 if line.back else 1)}'

    def _side(self, name: str, which: int) -> tuple[float, float]:
        (x, y), half = self._point(name), self.boxes[name].along / 2 * which
        return (x, y + half) if self.drawing.down else (x + half, y)

    def _head(self, x: float, y: float, way: int) -> str:
        """Of an arrow that ends at a point, going down or to the right (1), or the other way (-1)."""
        back, half = 7 * way, 4
        corners = [(x - half, y - back), (x + half, y - back)] if self.drawing.down else [(x - back, y - half), (x - back, y + half)]
        return f'<path d="M{x:.1f},{y:.1f} ' + " ".join(f"L{one:.1f},{other:.1f}" for one, other in corners) + f' Z" fill="{_INK}"/>'
