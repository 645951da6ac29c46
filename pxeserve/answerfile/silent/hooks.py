"""Scripts that run when they are not meant to, or never; and outermost elements that do not mean what they are called."""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import Case
from pxeserve.answerfile.silent.names import nearest


def stages(case: Case) -> Iterator[Finding]:
    """A stage that never comes."""
    for node, element in case.each("script"):
        known = element.attribute("stage")
        assert known is not None, "a script has a stage"
        stage = node.attributes.get("stage", "")
        if stage.lower() in known.value.words or (not stage and known.missing is not None):
            continue
        near, sure = nearest(stage, known.value.words)
        made = edits.attribute(case.places, node, "stage", near) if near and sure else ()
        said = f"stage {stage!r} never comes" if stage else "no stage, which is taken"
        said, fix = f"{said}: the script is stored and never run", near or ", ".join(known.value.words)
        yield case.warn(Code.STAGE, node, said, fix, attribute="stage", edits=made)


def failed(case: Case) -> Iterator[Finding]:
    """From 5.6 on install-failed-script is a script for the end, good or bad."""
    if case.before("5.6"):
        return
    for node, _ in case.each("install-failed-script"):
        said = f"<{node.name}> runs after success as well, with argument 0; after a failure with 1"
        yield case.warn(Code.RUNS_ALWAYS, node, said, 'let the script end when "$1" is 0')


def root(case: Case) -> Iterator[Finding]:
    """Before 6.0 the outermost element may have any name; from then on only restore means something else."""
    node = case.document.root
    mode = case.mode.value if case.mode else node.attributes.get("mode", "fresh")
    if case.dialect.roots:
        if node.name == "upgrade" and case.mode is not None and mode != "upgrade":
            said = f"<upgrade> means the same as <installation>: mode decides, and it is {mode}"
            yield case.warn(Code.ROOT, node, said, 'mode="upgrade"')
    elif node.name == "upgrade" and mode != "upgrade" and case.mode is not None:
        said = f"<upgrade> is taken as any name is: mode decides, and it is {mode}"
        yield case.warn(Code.ROOT, node, said, 'mode="upgrade"')
    elif node.name == "restore" and case.mode is not None:
        said = f"<restore> is taken as any name is: mode decides, and it is {mode}; {case.dialect.name} restores only by hand"
        yield case.warn(Code.ROOT, node, said, "boot this release's media without an answerfile")
    elif node.name not in ("installation", "upgrade"):
        said = f"<{node.name}> as the outermost element: this installer takes any name, later ones refuse it"
        yield case.warn(Code.ROOT, node, said, "<installation>", edits=edits.rename(case.places, node, "installation"))
