"""Scripts of all stages, in the elements that a generation has for them."""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.answerfile.answers import Answers, Script, Stage
from pxeserve.answerfile.writing.fitting import Fitting
from pxeserve.answerfile.writing.markup import Element

_LEGACY = {Stage.FILESYSTEM_POPULATED: "post-install-script", Stage.INSTALL_FAILED: "install-failed-script"}


def scripts(fitting: Fitting, wanted: tuple[Script, ...]) -> tuple[Script, ...]:
    """The scripts that will run. Up to 5.5 there is one for each of at most two stages."""
    kept = [Script(script.stage.lower(), _address(fitting, script)) for script in wanted]
    return _staged(fitting, kept) if fitting.reads("script") else _single(fitting, kept)


def _single(fitting: Fitting, wanted: list[Script]) -> tuple[Script, ...]:
    kept: dict[str, Script] = {}
    for script in wanted:
        element = _LEGACY.get(Stage(script.stage)) if script.stage in list(Stage) else None
        if element is None or not fitting.reads(element):
            fitting.lose("scripts", _shown(script), f"{fitting.them} have no stage {script.stage}", "the script does not run")
        elif script.stage in kept:
            fitting.lose("scripts", _shown(script), f"{fitting.them} run one script at {script.stage}", "the first one runs, this does not")
        else:
            kept[script.stage] = script
    return tuple(kept[stage] for stage in _LEGACY if stage in kept)


def _staged(fitting: Fitting, wanted: list[Script]) -> tuple[Script, ...]:
    for script in wanted:
        if not script.stage and fitting.facts.since("6.0"):
            fitting.refuse("scripts", _shown(script), "Missing mandatory attribute stage", "they stop", "say when it is to run")
        elif script.stage not in fitting.facts.words("script", "stage"):
            why = f"{fitting.them} have no stage {script.stage or '(none)'}"
            fitting.lose("scripts", _shown(script), why, "the script never runs")
    return tuple(Script(fitting.word("scripts", script.stage) or "", script.address) for script in wanted)


def _address(fitting: Fitting, script: Script) -> str:
    address = fitting.text("scripts", script.address)
    if address.startswith("https:") and not fitting.facts.since("6.2"):
        fitting.doubt("scripts", address, f"{fitting.them} fetch no script over https", "Unknown source type.", "offer it over http")
    return address


def _shown(script: Script) -> str:
    return f"{script.stage}: {script.address}"


def elements(fitting: Fitting, answers: Answers) -> Iterator[Element]:
    """What a file says about scripts. The type is always url, so that an nfs:// address is read the same everywhere."""
    for script in answers.scripts:
        if fitting.reads("script"):
            yield Element("script", script.address, {"stage": script.stage, "type": "url"})
        else:
            yield Element(_LEGACY[Stage(script.stage)], script.address)
