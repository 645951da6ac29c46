"""Where the boxes of a picture lie: layers by the longest way from the start, lines that cross seldom, labels with room of their own.

After Sugiyama, Tagawa and Toda (1981); places within a layer by isotonic regression. Knows sizes and arrows, no text and no SVG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_SWEEPS = 24
_BEND = "bend "


@dataclass(slots=True)
class Box:
    """Something that takes room: `across` its layer and `along` the way from layer to layer; its middle is at `x`, `y` in these directions.
    A bend of a line takes next to none."""

    across: float
    along: float
    layer: int = 0
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class Line:
    """An arrow with the boxes that it passes: bends, and its label, if it has one. `back`: it goes against the layers, and is drawn the
    other way round."""

    start: str
    end: str
    label: str | None = None
    passes: list[str] = field(default_factory=list)
    back: bool = False


@dataclass(frozen=True, slots=True)
class Gaps:
    """Room between boxes of a layer, and between layers."""

    across: float
    along: float


def lay(boxes: dict[str, Box], lines: Sequence[Line], gaps: Gaps) -> None:
    """Give each box its place and each line its way, adding bends to `boxes`. A label is the key of a box."""
    _turn(boxes, lines)
    _rank(boxes, lines)
    neighbours = _bend(boxes, lines)
    layers = _ordered(boxes, neighbours)
    _place(boxes, layers, neighbours, gaps)


def _turn(boxes: Mapping[str, Box], lines: Sequence[Line]) -> None:
    """Mark the lines that would close a circle."""
    leaving: dict[str, list[Line]] = {}
    for line in lines:
        leaving.setdefault(line.start, []).append(line)
    under_way: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        seen.add(name)
        under_way.append(name)
        for line in leaving.get(name, []):
            line.back = line.end in under_way
            if line.end not in seen:
                visit(line.end)
        under_way.pop()

    for name in boxes:
        if name not in seen:
            visit(name)


def _ends(line: Line) -> tuple[str, str]:
    return (line.end, line.start) if line.back else (line.start, line.end)


def _rank(boxes: Mapping[str, Box], lines: Sequence[Line]) -> None:
    """Each box a layer below all that lead to it, by twos: what is between holds labels."""
    for _ in boxes:
        for line in lines:
            above, below = _ends(line)
            if above != below:
                boxes[below].layer = max(boxes[below].layer, boxes[above].layer + 2)


def _bend(boxes: dict[str, Box], lines: Sequence[Line]) -> dict[str, list[str]]:
    """A bend in each layer that a line passes; who lies beside whom in the layers next to each other."""
    neighbours: dict[str, list[str]] = {name: [] for name in boxes}
    for number, line in enumerate(lines):
        above, below = _ends(line)
        if above == below:
            continue
        for layer in range(boxes[above].layer + 1, boxes[below].layer):
            name = f"{_BEND}{number} {layer}"
            if line.label is not None and layer == boxes[above].layer + 1:
                name = line.label
            boxes.setdefault(name, Box(2.0, 0.0)).layer = layer
            neighbours.setdefault(name, [])
            line.passes.append(name)
        way = [above, *line.passes, below]
        for one, other in pairwise(way):
            neighbours[one].append(other)
            neighbours[other].append(one)
    return neighbours


def _ordered(boxes: Mapping[str, Box], neighbours: Mapping[str, list[str]]) -> list[list[str]]:
    """The layers, each ordered by the middle of what lies above it, then of what lies below, and so on."""
    layers: list[list[str]] = [[] for _ in range(max(box.layer for box in boxes.values()) + 1)]
    for name, box in boxes.items():
        if neighbours.get(name) or not box.layer % 2:
            layers[box.layer].append(name)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            before = {name: place for place, name in enumerate(layer)}
            step = -1 if down else 1

            def middle(name: str, step: int = step, before: Mapping[str, int] = before) -> float:
                beside = [other for other in neighbours[name] if boxes[other].layer == boxes[name].layer + step]
                places = [layers[boxes[other].layer].index(other) / len(layers[boxes[other].layer]) for other in beside]
                return sum(places) / len(places) if places else before[name] / len(before)

            layer.sort(key=middle)
    return layers


def _place(boxes: Mapping[str, Box], layers: Sequence[Sequence[str]], neighbours: Mapping[str, list[str]], gaps: Gaps) -> None:
    for layer in layers:
        x = 0.0
        for name in layer:
            boxes[name].x = x + boxes[name].across / 2
            x += boxes[name].across + gaps.across
    for sweep in range(_SWEEPS * 2):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [_mean([boxes[other].x for other in neighbours[name]], boxes[name].x) for name in layer]
            apart = [(boxes[a].across + boxes[b].across) / 2 + gaps.across for a, b in pairwise(layer)]
            for name, x in zip(layer, _settled(wanted, apart), strict=True):
                boxes[name].x = x
    y = 0.0
    for layer in layers:
        tallest = max((boxes[name].along for name in layer), default=0.0)
        for name in layer:
            boxes[name].y = y + tallest / 2
            if name.startswith(_BEND):
                boxes[name].along = tallest  # straight past the boxes of its layer
        y += tallest + gaps.along


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _settled(wanted: Sequence[float], apart: Sequence[float]) -> list[float]:
    """The places nearest to those `wanted`, in their order and at least `apart` from each other: pool adjacent violators."""
    offsets = [0.0]
    for one in apart:
        offsets.append(offsets[-1] + one)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            more, many = pools.pop()
            total, count = total + more, count + many
        pools.append((total, count))
    flat = [total / count for total, count in pools for _ in range(count)]
    return [value + offset for value, offset in zip(flat, offsets, strict=False)]
