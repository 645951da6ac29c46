"""Tables in Markdown of what every generation reads, drawn from the dialects' own data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects.shape import Counts, Dialect, Element, Otherwise, Said, Value

_LETTERS = {
    Mode.FRESH: "F", Mode.REINSTALL: "R", Mode.UPGRADE: "U", Mode.RESTORE: "X", Mode.OEM_HDD: "H", Mode.OEM_FLASH: "S",
}  # fmt: skip
_COUNTS = {
    Counts.FIRST: "the first", Counts.LONE: "only when alone", Counts.EACH: "each", Counts.SET: "each, equal ones once",
    Counts.KEYED: "the last of a kind", Counts.ONE: "one at most",
    Counts.NEVER: "none",
}  # fmt: skip
_OTHERWISE = {
    Otherwise.KEPT: "taken unchecked", Otherwise.REFUSED: "refused", Otherwise.IGNORED: "ignored", Otherwise.NO: "means no",
    Otherwise.IDLE: "taken, without effect",
}  # fmt: skip

Row = tuple[str, ...]


def whole(dialects: Sequence[Dialect]) -> str:
    """All tables, one below the other, each with its heading (third level)."""
    parts = (
        ("Which modes read an element", _KEY, modes(dialects)),
        ("What each holds", _HOLDS_KEY, values(dialects)),
        ("What installers say", _SAID_KEY, refusals(dialects)),
    )
    return "\n".join(f"### {title}\n\n{key}\n\n{table}" for title, key, table in parts)


_KEY = (
    "F fresh, R reinstall, U upgrade, X restore, H and S the OEM modes `oemhdd` and `oemflash`; **bold**: refused without it; · not read, "
    "whatever it says. Where two spellings are read, all of the first are taken before any of the second."
)
_HOLDS_KEY = "Beside it: what nothing said comes to, what another value comes to, and in which generations all that is so."
_SAID_KEY = "The text that the installer puts, with the class of its error; `{value}` and the like stand for what the file says."


def modes(dialects: Sequence[Dialect]) -> str:
    """Every element by generation: in which modes it is read, and which are refused without it."""
    rows = [
        (f"{'↳ ' if one.parent else ''}{_code(_spellings(dialects, one.key))}", *(_cell(dialect, one.key) for dialect in dialects))
        for one in _elements(dialects)
    ]
    return _table(("element", *(dialect.name for dialect in dialects)), rows)


def values(dialects: Sequence[Dialect]) -> str:
    """Every text and attribute: what it holds, its default, and what becomes of other values, by generation."""
    return _table(
        ("element", "what", "values", "nothing said", "another value", "which count", "generations"),
        [*_rooted(dialects), *(row for one in _elements(dialects) for row in _valued(dialects, one.key))],
    )


def refusals(dialects: Sequence[Dialect]) -> str:
    """Every message, when it is put and by whom."""
    found: dict[tuple[str, Said], list[Dialect]] = {}
    for dialect in dialects:
        for where, said in _said(dialect):
            found.setdefault((where, said), []).append(dialect)
    ordered = sorted(found.items(), key=lambda item: item[0][0])
    rows = [(where, _code([said.text or "(nothing)"]), said.error, _range(dialects, who)) for (where, said), who in ordered]
    return _table(("when", "text", "error", "generations"), rows)


def _elements(dialects: Sequence[Dialect]) -> list[Element]:
    """Each element once, as the first generation has it that does; children after their parent."""
    known: dict[str, Element] = {}
    for dialect in dialects:
        for key, element in dialect.elements.items():
            known.setdefault(key, element)
    children: dict[str, list[Element]] = {}
    for element in known.values():
        if element.parent:
            children.setdefault(element.parent, []).append(element)
    tops = [element for element in known.values() if not element.parent]
    return [one for top in tops for one in (top, *children.get(top.key, []))]


def _cell(dialect: Dialect, key: str) -> str:
    needed = dialect.requiring(key)
    read = [f"**{_LETTERS[mode]}**" if mode in needed else _LETTERS[mode] for mode in dialect.reading(key)]
    return " ".join(read) or "·"


def _spellings(dialects: Iterable[Dialect], key: str) -> list[str]:
    names = [name for dialect in dialects if key in dialect.elements for name in dialect.elements[key].names]
    return list(dict.fromkeys(names))


def _rooted(dialects: Sequence[Dialect]) -> Iterator[Row]:
    yield from _grouped(dialects, "outermost", _attributes(lambda dialect: dialect.root))


def _valued(dialects: Sequence[Dialect], key: str) -> Iterator[Row]:
    def element(dialect: Dialect) -> Element | None:
        return dialect.elements.get(key)

    def text(dialect: Dialect) -> dict[str, Row]:
        one = element(dialect)
        return {"text": ("text" if one.text else "nothing", *_value(one.text), _COUNTS[one.counts])} if one else {}

    yield from _grouped(dialects, key, text)
    yield from _grouped(dialects, key, _attributes(element))


def _attributes(element: Callable[[Dialect], Element | None]) -> Callable[[Dialect], dict[str, Row]]:
    def rows(dialect: Dialect) -> dict[str, Row]:
        one = element(dialect)
        found = one.attributes if one else ()
        return {each.key: (_code(each.names), *_value(each.value, needed=each.missing is not None), "") for each in found}

    return rows


def _grouped(dialects: Sequence[Dialect], key: str, rows: Callable[[Dialect], dict[str, Row]]) -> Iterator[Row]:
    """A row for each thing, and one more for each way in which generations differ in it."""
    found: dict[str, dict[Row, list[Dialect]]] = {}
    for dialect in dialects:
        for name, row in rows(dialect).items():
            found.setdefault(name, {}).setdefault(row, []).append(dialect)
    for ways in found.values():
        for row, who in ways.items():
            yield (_code([key]) if key != "outermost" else key, *row, _range(dialects, who))


def _value(value: Value | None, *, needed: bool = False) -> Row:
    if value is None:
        return ("", "", "")
    words = ", ".join(_code([word]) for word in value.words if word) or str(value.holds)
    nothing = "refused" if needed else _code([value.default]) if value.default is not None else ""
    other = _OTHERWISE[value.otherwise] if value.words or value.otherwise is not Otherwise.KEPT else "taken unchecked"
    return (f"{words}{' in any case' if value.any_case else ''}", nothing, other)


def _said(dialect: Dialect) -> Iterator[tuple[str, Said]]:
    if dialect.not_xml:
        yield "not XML", dialect.not_xml
    if dialect.bad_root:
        yield "another outermost element", dialect.bad_root
    yield "another mode", dialect.bad_mode
    for element in (dialect.root, *dialect.elements.values()):
        name = "outermost element" if element is dialect.root else _code([element.key])
        if element.missing:
            yield f"{name} is missing", _filled(element.missing, element.names)
        if element.text and element.text.says:
            yield f"another text in {name}", element.text.says
        for attribute in element.attributes:
            if attribute.missing:
                yield f"{_code([attribute.key])} of {name} is missing", _filled(attribute.missing, attribute.names)
            if attribute.value.says:
                yield f"another {_code([attribute.key])} of {name}", attribute.value.says


def _filled(said: Said, names: Sequence[str]) -> Said:
    """Installers that name what is missing name its first spelling."""
    return Said(said.error, said.text.replace("{name}", names[0] if names else ""))


def _range(dialects: Sequence[Dialect], who: Sequence[Dialect]) -> str:
    """Generations as `5.6 to 7.1, xs9`, in the order of `dialects`."""
    if len(who) == len(dialects):
        return "all"
    places = [place for place, dialect in enumerate(dialects) if dialect in who]
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return ", ".join(_run([dialects[place].name for place in run]) for run in runs)


def _run(names: list[str]) -> str:
    return f"{names[0]} to {names[-1]}" if len(names) > 2 else ", ".join(names)


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)
