"""From the answerfile to the first look at the repository: an installer that refuses it tells nobody but its own console."""

from __future__ import annotations

from pxeserve.answerfile.answers import Stage
from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.timeline.missing.shape import Expectation, Rule, always, likely, possible, strongest
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.steps import Step


def starts_with_hook(situation: Situation) -> bool:
    """Whether its installer runs scripts before it changes anything, and they report here."""
    if situation.armed.stages is not None:
        return Stage.INSTALLATION_START in situation.armed.stages
    generation = GENERATIONS.get(situation.dialect)
    return generation is not None and Stage.INSTALLATION_START in generation.stages


def unseen_source(situation: Situation) -> bool:
    """Whether its packages come by a way that the record does not see."""
    return situation.armed.source == "nfs"


EXPECTATIONS = (
    Expectation(
        Step.ANSWERFILE, "the installer runs its first hook (installation-start)", 120,
        "the answerfile was fetched and no hook followed: the installer did not get as far as its scripts",
        "host-installer 6.0 and later, answerfile.py: scripts are read after the answers, so a refused answerfile calls none",
        when="6.0 and later", holds=starts_with_hook,
    ),
    Expectation(
        Step.ANSWERFILE, "the installer installs from NFS, which the record does not see, and runs its hook", 3600,
        "the answerfile was fetched and no hook followed", "XenServer before 6.0 has no installation-start", when="before 6.0, over NFS",
        holds=unseen_source,
    ),
    Expectation(
        Step.ANSWERFILE, "the installer looks into the repository", 180, "the answerfile was fetched and nothing came after",
        "XenServer before 6.0 has no installation-start: the repository is its next sign",
    ),
    Expectation(
        Step.STARTED, "the installer installs from NFS, which the record does not see, and runs its next hook", 3600,
        "the installer started and no other hook followed", "files over NFS are served by another program", when="over NFS",
        holds=unseen_source,
    ),
    Expectation(
        Step.STARTED, "the installer looks into the repository", 300, "the installer started and did not look into the repository",
        "host-installer 7.1 and later, install.py: sources are opened before the disk is partitioned",
    ),
)  # fmt: skip


def first_boot_waits(situation: Situation) -> bool:
    """Whether it is the first boot of the installed system that waits for a person, not the installer."""
    waits = situation.armed.said(Code.WAITS)
    return waits is not None and "first boot" in waits.message


def _guessed(names: tuple[str, ...]) -> bool:
    return any("/by-" not in name for name in names)


def _is_mac(name: str) -> bool:
    return name.count(":") == 5


_ANSWERFILE, _STARTED = (Step.ANSWERFILE,), (Step.STARTED,)
_READ = (Step.ANSWERFILE, Step.STARTED)

RULES = (
    Rule(
        "answerfile-finding", _ANSWERFILE, "the linter had found something when the host was armed",
        likely(lambda s: s.armed.suspect is not None),
        "the answerfile may be refused, or wait for somebody, at {finding}",
        "the installer's own message on its console and in its log ({log}). {consoles}",
        "pxeserve answerfile check HOST says the same with its fix; correct it and arm again", "lint of the answerfile as it was frozen",
    ),
    Rule(
        "asks-a-person", (Step.ANSWERFILE, Step.STARTED, Step.REPOSITORY), "the answerfile makes the installer wait for somebody",
        likely(lambda s: s.armed.said(Code.WAITS, Code.ANY_YES) is not None and not first_boot_waits(s)),
        "the installer waits for somebody to confirm: {finding}", "its screen shows a question. {consoles}",
        "answer it, or take that element out and arm again", "host-installer, answerfile.py: ui-confirmation-prompt is true for any text",
    ),
    Rule(
        "disk-names-guessed", _READ, "its answerfile names disks by the kernel's order",
        strongest(likely(lambda s: _guessed(s.armed.disks) and s.armed.suspect is None), possible(lambda s: bool(s.armed.disks))),
        "a disk that the answerfile names ({disks}) is not on this machine, or has another name there",
        "in {shell}: cat /proc/partitions, ls -l /dev/disk/by-id; the log says that the disk could not be found or is missing ({log})",
        "name it by /dev/disk/by-id or by-path in primary-disk, then arm again", "host-installer, answerfile.py and backend.py: The disk "
        "could not "
        "be found",
    ),
    Rule(
        "card-names-guessed", _READ, "its answerfile names its card as eth0 or the like",
        possible(lambda s: any(not _is_mac(name) for name in s.armed.cards)),
        "the management card {cards} is not what it is called on this machine", "in {shell}: ip link; the log says that the interface was "
        "not found",
        "admin-interface with hwaddr= and this machine's MAC ({mac})", "host-installer: Interface not found; fatal on xs9",
    ),
    Rule(
        "hook-unreachable", _ANSWERFILE, "its installer fetches a hook before it changes anything",
        possible(starts_with_hook),
        "it could not fetch its hook, which ends the installation, or its interpreter is missing",
        "Unable to fetch script or Invalid interpreter on its screen", "let {http} through to this server; nothing has been changed on "
        "its disks",
        "host-installer 5.6 and later, scripts.py: these abort the installation",
    ),
    Rule(
        "fetched-again", _ANSWERFILE, "the answerfile was fetched more than once",
        likely(lambda s: s.delivered > 1 or s.has("redelivered")),
        "it fetched its answerfile more than once, so the installer started over or was tried on several consoles",
        "one installer runs on each console: the others say that an installation is already active", "leave the console that owns it "
        "alone; "
        "after the third time or ten minutes arm it again", "host-installer: one installer a console",
    ),
    Rule(
        "refused-before-scripts", _ANSWERFILE, "nothing was found by the linter",
        strongest(likely(lambda s: s.armed.suspect is None and not _guessed(s.armed.disks)), possible(lambda s: s.armed.suspect is None)),
        "the installer refused the answerfile before it read its scripts, for something that only this machine shows",
        "its message on the console, and its log ({log}). {consoles}", "read the message; pxeserve answerfile check HOST shows what was "
        "given",
        "host-installer, answerfile.py: a refused answerfile calls no script",
    ),
    Rule(
        "nfs-not-answering", _STARTED, "its packages come by NFS, and the answerfile came over HTTP",
        likely(unseen_source),
        "NFS gives it no packages: the server of NFS has stopped, or a firewall lets HTTP through and not NFS",
        "pxeserve doctor looks at NFS; pxeserve rehearse with its MAC reads its packages by NFS as the installer does; in {shell}: mount",
        "start what serves NFS, or let its ports through (pxeserve.toml: [nfs])",
        "host-installer, repository.py: NFS is mounted, and a mount waits for minutes without a word",
    ),
    Rule(
        "source-not-reached", _STARTED, "it has not looked into the repository",
        likely(always),
        "the address of its packages is not reached: another server, another card, or a name that it cannot resolve",
        "Unable to access repository on its screen; in {shell}: curl -I of the source", "pxeserve answerfile check HOST shows the source; "
        "[server] "
        "address must be reachable from the installer's network", "host-installer 7.1 and later: Unable to access repository (media, "
        "address)",
    ),
    Rule(
        "hook-hangs", _STARTED, "its first hook was fetched", possible(always),
        "a script of installation-start is still running", "in {shell}: ps; the last script's report in the timeline ({report}; {failure})",
        "give scripts a time limit; nothing has been changed on its disks yet", "host-installer, scripts.py: it waits for each script",
    ),
)  # fmt: skip
