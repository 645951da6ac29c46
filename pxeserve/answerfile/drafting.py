"""An answerfile that somebody is at work on, as values and as a file at once: each is made of the other, with what does not come across.

The values are those that profiles and hosts declare, so what is drafted can be declared as it stands. Refuses to know who declares them
(`layering` does), where media lie, and how a draft is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pxeserve.answerfile.answers import Answers, Mode, RootPassword, Script, Source
from pxeserve.answerfile.declared import SHOWN, AnswerError, Pack, read
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import Document, parse
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.importing import Left, imported
from pxeserve.answerfile.inheritance import SHORT
from pxeserve.answerfile.layering import same
from pxeserve.answerfile.lint import Linted, linted
from pxeserve.answerfile.places import Places
from pxeserve.answerfile.reading.sketch import sketched
from pxeserve.answerfile.writing import Lost, Missing, WritingError, fit, sketch
from pxeserve.answerfile.writing.facts import facts

PASSWORD = "root-password"  # noqa: S105 - an element's name

_NOT_HERE = "http://not-here.invalid/media/"
"""What stands before the name of a medium that is not here (RFC 2606)."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a draft stands among. `own` are the sources of the medium that it is for, by protocol; none for a file by itself. `media` are
    the sources of all media by their names, for the packs that come on top."""

    own: Mapping[str, Source] = field(default_factory=dict)
    media: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """The values, the mode in which they are looked at, and of a file by itself where its packages come from."""

    values: Mapping[str, Any]
    mode: Mode = Mode.FRESH
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a file says: `draft` is None when its installer stops at something that is there. `left` are answers that no value can be."""

    found: Linted
    draft: Draft | None
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that nobody could mean: of which element, where by its path, and what is wrong with it."""

    element: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Written:
    """The file of a draft (None with `problems`), what its installer cannot be told and what it still needs."""

    text: bytes | None
    problems: tuple[Problem, ...] = ()
    lost: tuple[Lost, ...] = ()
    missing: tuple[Missing, ...] = ()


def drafted(text: bytes, dialect: Dialect, before: Draft, around: Around) -> Drafted:
    """The draft that a file is. What files do not say stays as it was `before`. Never raises for any bytes."""
    found = linted(text, dialect)
    sound = _sound(before)
    said = _said(text, dialect, sound, around) if found.document is not None else None
    if said is None:
        return Drafted(found, None)
    draft, left = said
    return Drafted(found, replace(draft, values=_kept(draft.values, dialect, sound, around)), left)


def _said(text: bytes, dialect: Dialect, before: Draft, around: Around) -> tuple[Draft, tuple[Left, ...]] | None:
    """What a file itself says; None when its installer stops at something that is there."""
    answers = sketched(parse(text), dialect)
    if answers is None:
        return None
    taken = imported(replace(answers, root_password=None), _none)
    values = dict(taken.for_host)
    left = [one for one in taken.left if one.field not in ("mode", "source")]
    left += _source(values, answers, before, around)
    _packs(values, around)
    _password(values, answers, before)
    _scripts(values, before)
    source = answers.sources[0] if answers.sources and not around.own else None
    return Draft(values, answers.mode, source), tuple(left)


def _kept(values: Mapping[str, Any], dialect: Dialect, before: Draft, around: Around) -> dict[str, Any]:
    """The values, and those of `before` that no file of this generation says, or not in this mode: nobody has taken them away."""
    text = written(before, dialect, around).text
    back = _said(text, dialect, before, around) if text is not None else None
    carried = back[0].values if back is not None else {}
    found = dict(values)
    for key, value in before.values.items():
        if key not in carried and key not in found:
            found[key] = value
        elif isinstance(value, Mapping) and key in found:
            there, here = _long(key, carried.get(key)), _long(key, found[key])
            more = {name: one for name, one in value.items() if name not in there and name not in here}
            found[key] = {**here, **more} if here and more else found[key]
    return {key: _spelt(key, found[key], before) for key in dict.fromkeys((*before.values, *found)) if key in found}


def _spelt(key: str, value: Any, before: Draft) -> Any:
    """A value as it was spelt before, where it says the same."""
    was = before.values.get(key)
    return was if was is not None and same(key, was, value) else value


def _sound(draft: Draft) -> Draft:
    """A draft without the values that nobody could mean, which no file says."""
    wrong = {one.element for one in _problems(draft.values)}
    return replace(draft, values={key: value for key, value in draft.values.items() if key not in wrong}) if wrong else draft


def _long(key: str, value: Any) -> Mapping[str, Any]:
    """A table, of a text that is short for one too."""
    return value if isinstance(value, Mapping) else {SHORT[key]: value} if key in SHORT and isinstance(value, str) else {}


def written(draft: Draft, dialect: Dialect, around: Around) -> Written:
    """The file of a draft, however incomplete it is."""
    if problems := tuple(_problems(draft.values)):
        return Written(None, problems)
    answers = complete(draft, dialect, around)
    fits = fit(answers, dialect)
    try:
        return Written(sketch(answers, dialect), (), fits.lost, fits.missing)
    except WritingError:
        wrong = [one for one in fits.lost if one.fix and not one.taken]
        problems = tuple(Problem(one.field.partition(".")[0], one.field, f"{one.why}; {one.instead}: {one.fix}") for one in wrong)
        return Written(None, problems, fits.lost, fits.missing)


def complete(draft: Draft, dialect: Dialect, around: Around) -> Answers:
    """All answers of a draft, with the sign of a password where one will be made. Raises AnswerError."""
    values = _without_sign(draft.values)
    declared = read(values)
    own = around.own.get(declared.over) or next(iter(around.own.values()), draft.source)
    secret = declared.answers.root_password
    if secret is None and values.get(PASSWORD) == "random":
        secret = RootPassword(SHOWN, facts(dialect).has(PASSWORD, "type"))
    aside = draft.mode is Mode.UPGRADE and around.own  # of a profile it is the disk of new installations
    return replace(
        declared.answers,
        mode=draft.mode,
        primary_disk=None if aside else declared.answers.primary_disk,
        sources=(*((own,) if own is not None else ()), *(_resolved(one, around) for one in declared.packs)),
        driver_sources=tuple(_resolved(one, around) for one in declared.driver_packs),
        root_password=secret,
        scripts=tuple(Script(str(one.stage), one.name) for one in declared.scripts if one.is_address),
    )


def unsaid(text: bytes, dialect: Dialect) -> list[str]:
    """What of a file is lost when it is written anew from its values: comments, and elements that its installer passes over."""
    said = [f"{number} comment{'s' * (number != 1)}"] if (number := text.count(b"<!--")) else []
    found = linted(text, dialect)
    if found.document is not None and found.reading is not None and found.reading.refusal is None:
        passed = found.reading.trace.passed(found.document, dialect)
        said += [f"<{node.name}> in line {node.line}, which its installer passes over" for node, _ in passed]
    return said


def told(found: Linted) -> list[Finding]:
    """The findings, without those on the sign that stands for a password."""
    if found.document is None:
        return list(found.findings)
    hidden = set(_signs(found.document))
    return [one for one in found.findings if (one.line, one.column) not in hidden]


def _signs(document: Document) -> Iterable[tuple[int, int]]:
    places = Places(document)
    for node in document.root.named(PASSWORD):
        if node.text.strip() == SHOWN:
            yield from (places.of(node), places.of_text(node), places.of(node, "type"))


def _problems(values: Mapping[str, Any]) -> Iterable[Problem]:
    """What is wrong, one at most of each element."""
    for key, value in _without_sign(values).items():
        try:
            read({key: value})
        except AnswerError as error:
            path, _, said = str(error).partition(": ")
            yield Problem(key, path if re.fullmatch(r"[a-z0-9.+-]+", path) else key, said or str(error))


def _without_sign(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values; where the sign of a password stands, one that is made stands for it, since nobody could mean the sign."""
    said = values.get(PASSWORD)
    shown = said == SHOWN or (isinstance(said, Mapping) and any(one in (SHOWN, [SHOWN]) for one in said.values()))
    return {**values, PASSWORD: "random"} if shown else values


def _resolved(pack: Pack, around: Around) -> Source:
    found = around.media.get(pack.medium) if pack.medium is not None else Source(pack.kind, pack.address)
    found = found or Source("url", f"{_NOT_HERE}{pack.medium}")
    return replace(found, repo_gpgcheck=pack.repo_gpgcheck, gpgcheck=pack.gpgcheck)


def _none(_password: str) -> list[str]:
    raise ValueError("no password comes this way")


def _source(values: dict[str, Any], answers: Answers, before: Draft, around: Around) -> Iterable[Left]:
    """By which protocol the medium's own packages are fetched; of a draft for a medium, nothing else can be said of them."""
    if not around.own:
        return
    first = answers.sources[0] if answers.sources else None
    over = next((over for over, one in around.own.items() if first == one), None)
    if "source" in before.values and over in (None, before.values["source"]):
        values["source"] = before.values["source"]
    elif over not in (None, "http"):
        values["source"] = over
    if over is None and first is not None:
        yield Left("source", first.address or first.kind, "packages come from the profile's own medium")


def _packs(values: dict[str, Any], around: Around) -> None:
    """Packs of this server by the names of their media again."""
    names = {f"nfs://{one.address}" if one.kind == "nfs" else one.address: name for name, one in around.media.items()}
    for key in ("sources", "driver-sources"):
        if key in values:
            values[key] = [_named(one, names) for one in values[key]]


def _named(pack: Any, names: Mapping[str, str]) -> Any:
    if isinstance(pack, str):
        return names.get(pack, pack.removeprefix(_NOT_HERE))
    address = pack["address"]
    name = names.get(address) or (address.removeprefix(_NOT_HERE) if address.startswith(_NOT_HERE) else None)
    return pack if name is None else {"medium": name, **{key: value for key, value in pack.items() if key != "address"}}


def _password(values: dict[str, Any], answers: Answers, before: Draft) -> None:
    secret, was = answers.root_password, before.values.get(PASSWORD)
    if secret is not None and secret.text == SHOWN:
        values[PASSWORD] = was if was is not None else "random"
    elif secret is not None:
        values[PASSWORD] = {"hash" if secret.hashed else "plaintext": secret.text}


def _scripts(values: dict[str, Any], before: Draft) -> None:
    """Scripts by their names are run by pxeserve's hooks, which a draft does not show: they stay, before those by address."""
    was = before.values.get("scripts")
    kept: dict[str, list[Any]] = {}
    for stage, names in (was.items() if isinstance(was, Mapping) else ()):
        named = [one for one in ([names] if isinstance(names, str) else names or ()) if "://" not in str(one)]
        kept |= {stage: named} if named else {}
    here = values.get("scripts", {})
    both = {stage: [*kept.get(stage, ()), *here.get(stage, ())] for stage in {**kept, **here}}
    if both:
        values["scripts"] = both
