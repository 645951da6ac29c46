"""What each generation says, word for word: at the choice of a location, in the verification, and in an unattended installation."""

from __future__ import annotations

from pxeserve.repo.replay.generation import Format, Generation
from pxeserve.repo.replay.report import Said

LOCATION, VERIFICATION, INSTALLATION = "location", "verification", "installation"

_NO_ACCESS = "Setup was unable to access the location you specified - please check and try again."
_NO_BASE = "A base installation repository was not found at that location.  Please check and try again."
_AGAIN = "Please check the address was valid and/or that the media was inserted correctly, and try again."


def inaccessible(generation: Generation, address: str, error: str) -> list[Said]:
    """Detection ended with an exception."""
    verification = (
        "Setup was unable to access the installation source you specified."
        if Format.TEXT in generation.reads
        else f"Unable to access location specified.  {_AGAIN}"
    )
    unattended = _unable(address) if generation.looks_first else error
    return [Said(LOCATION, _NO_ACCESS), Said(VERIFICATION, verification), Said(INSTALLATION, unattended)]


def nothing(generation: Generation, address: str) -> list[Said]:
    """No repository at all. 4.1 and 5.0 say nothing in an unattended installation: it goes on without a package and fails later."""
    verification = (
        "No setup files were found at the location you specified."
        if Format.TEXT in generation.reads
        else f"A base installation repository was not found.  {_AGAIN}"
    )
    said = [Said(LOCATION, _NO_BASE), Said(VERIFICATION, verification)]
    if generation.looks_first:
        return [*said, Said(INSTALLATION, _unable(address))]
    if generation.folder_list:
        return [*said, Said(INSTALLATION, "No repository found at the specified location.")]
    return said


def no_main(generation: Generation) -> list[Said]:
    """Repositories, and not the main one. To 5.5 only the choice of a location looks for it."""
    said = [Said(LOCATION, _NO_BASE)]
    if Format.TEXT in generation.reads:
        return said
    said.append(Said(VERIFICATION, f"A base installation repository was not found.  {_AGAIN}"))
    word = "No main repository found" if generation.looks_first else "Main repository not found at the specified location."
    return [*said, Said(INSTALLATION, word)]


def damaged(generation: Generation, names: list[str]) -> Said:
    """The check's end, when something is the matter."""
    return Said(VERIFICATION, f"Some packages appeared damaged.  These were: {listed(generation, names)}")


def fine(generation: Generation, names: list[str]) -> Said:
    """The check's end, when nothing is."""
    what = "installation pack(s)" if Format.TEXT in generation.reads else "installation(s)"
    packs = listed(generation, [f'"{name}"' for name in names])
    return Said(VERIFICATION, f"Verification of your {what} {packs} completed successfully: no problems were found.")


def unmet(generation: Generation, problems: list[str]) -> Said:
    """What a repository requires is not there."""
    if generation.dialect == "5.6":
        alone = ", ".join(problem.partition(" requires ")[2] for problem in problems)
        return Said(INSTALLATION, f"Repository dependency error: {alone}")
    return Said(INSTALLATION, "Repository dependency error:\n\n" + "\n".join(problems))


def unsigned(generation: Generation) -> Said:
    """`.treeinfo` names keys, and repomd.xml.asc is not there."""
    own = generation.dialect == "xcp-8.3"
    return Said(INSTALLATION, "No signature on repository metadata" if own else "Error installing packages")


def no_package(generation: Generation, file: str, error: str) -> Said:
    """A package that cannot be fetched: yum or dnf says so for the later ones."""
    if Format.YUM not in generation.reads:
        return Said(INSTALLATION, error)
    own = generation.dialect == "xcp-8.3"
    return Said(INSTALLATION, f"Cannot find valid rpm for {file}" if own else "Error installing packages")


def listed(generation: Generation, names: list[str]) -> str:
    """As people list things; to 6.0 with a comma before "and"."""
    if len(names) < 3:
        return " and ".join(names)
    return ", ".join(names[:-1]) + (", and " if generation.check.comma else " and ") + names[-1]


def _unable(address: str) -> str:
    media = "url" if "://" in address else "nfs"
    return f"Unable to access repository ({media}, {address})"
