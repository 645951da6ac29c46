"""The first boot of an installed host of a pool: its job that is never heard, and one that stops after a step. Of a host in no pool nothing
is expected once its system was heard."""

from __future__ import annotations

from pxeserve.timeline.missing.shape import Expectation, Rule, likely, possible, proven, strongest
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.steps import Step

UNITS = frozenset({"8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9"})
"""Generations whose systems start the job as a unit, behind the toolstack; a test holds it to `recovery.firstboot.forms`."""

_ENDS = ("done", "failed")


def _unheard(situation: Situation) -> bool:
    return situation.armed.first_boot and not situation.job


def _over(situation: Situation, word: str) -> bool:
    """Whether the job itself said that it is over, with this word."""
    return (word, True) in ((state, end) for _, state, _, end in situation.job)


def _stands_at(situation: Situation, name: str, *states: str) -> bool:
    """Whether its last word was of the step `name`, in one of `states`, and it has not given up."""
    if not situation.job or any(_over(situation, word) for word in _ENDS):
        return False
    step, state, _, _ = situation.job[-1]
    return step == name and state in states


def _under_way(situation: Situation) -> bool:
    return bool(situation.job) and not any(_over(situation, word) for word in _ENDS)


def _failed_at(situation: Situation, *names: str) -> bool:
    return any(state == "failed" and not end and step.partition(".")[0] in names for step, state, _, end in situation.job)


def _failed_elsewhere(situation: Situation) -> bool:
    known = ("toolstack", "join", "storage")
    return any(state == "failed" and not end and step.partition(".")[0] not in known for step, state, _, end in situation.job)


def _by_units(situation: Situation) -> bool:
    return situation.dialect in UNITS


EXPECTATIONS = (
    Expectation(
        Step.FIRST_BOOT, "the job of its first boot tells its first step", 1800, "its system was heard, and its job never",
        "docs/firstboot.md: the job is started by the system's own jobs of first boot", when="armed as a host of a pool, and nothing told",
        holds=_unheard,
    ),
    Expectation(
        Step.FIRST_BOOT, "nothing: its first boot gave up", 0, "its first boot gave up", "docs/firstboot.md: a step that fails five times",
        when="its job said so", holds=lambda s: _over(s, "failed"),
    ),
    Expectation(
        Step.FIRST_BOOT, "its toolstack answers", 1800, "its toolstack has not come up", "xapi starts within minutes of the system",
        when="its job waits for the toolstack", holds=lambda s: _stands_at(s, "toolstack", "begun", "waiting"),
    ),
    Expectation(
        Step.FIRST_BOOT, "it is joined to its pool", 1200, "it is not joined to its pool", "docs/joining.md: 15 minutes of patience",
        when="its job waits for the join", holds=lambda s: _stands_at(s, "join", "begun", "waiting"),
    ),
    Expectation(
        Step.FIRST_BOOT, "its first boot comes to its next step", 1200, "its first boot stopped in the middle",
        "answerfiles/firstboot/job.sh: 900 s for a call of xe", when="its job has told steps, and no end", holds=_under_way,
    ),
)  # fmt: skip

_AFTER = (Step.FIRST_BOOT,)
RULES = (
    Rule(
        "first-boot-not-placed", _AFTER, "a script of its installation failed", likely(lambda s: _unheard(s) and bool(s.failures)),
        "its job was not put into the new system: {failure}", "on the host: there is no /etc/pxeserve/first-boot",
        "do its steps by hand (docs/firstboot.md), or install it again", "answerfiles/firstboot/place.sh ends with 2 to 4",
    ),
    Rule(
        "toolstack-target-not-reached", _AFTER, "its job is a unit, and was never heard", likely(lambda s: _unheard(s) and _by_units(s)),
        "its toolstack does not come up: its job begins after xapi-init-complete.target",
        "on the host: systemctl status xapi xapi-init-complete.target pxeserve-first-boot; /var/log/xensource.log",
        "mend what the log says, then xe-toolstack-restart: the job follows", "answerfiles/firstboot/unit.service: After=",
    ),
    Rule(
        "first-boot-unreachable", _AFTER, "its job was never heard", possible(_unheard),
        "its job runs and cannot reach {http}: the system has another address, VLAN or route than its installer had",
        "on the host: ip addr, ip route, and curl -v {http}; /etc/pxeserve/first-boot.state is there",
        "mend its management network; the job goes on, or goes on at the next start", "the job tells each step by HTTP",
    ),
    Rule(
        "first-boot-not-called", _AFTER, "its job was never heard", possible(_unheard),
        "its system did not call the job", "/etc/pxeserve/first-boot is there, and /etc/pxeserve/first-boot.state is not",
        "run /etc/pxeserve/first-boot on the host", "firstboot.d: a service calls what lies in it; not known from real machines",
    ),
    Rule(
        "toolstack-down", _AFTER, "its job waits for the toolstack, or gave it up",
        strongest(likely(lambda s: _stands_at(s, "toolstack", "begun", "waiting")), proven(lambda s: _failed_at(s, "toolstack"))),
        "its toolstack does not answer, or has not let the host in: {job}",
        "on the host: xe host-list params=enabled; service xapi status; df -h /; /var/log/xensource.log",
        "mend what the log says, then xe-toolstack-restart; xe host-enable for one that is not enabled", "answerfiles/firstboot/job.sh",
    ),
    Rule(
        "join-failed", _AFTER, "its join failed, and its job waits for that to be mended",
        proven(lambda s: _stands_at(s, "join", "waiting") or _failed_at(s, "join")),
        "its join failed: {job}", "pxeserve join list gives the step, the cause and the fix",
        "mend that, then pxeserve join again HOST; within a day of the arming, later join it by hand", "docs/joining.md", at_once=True,
    ),
    Rule(
        "join-waits", _AFTER, "its job waits for the join", likely(lambda s: _stands_at(s, "join", "begun")),
        "the pool's master or the host does not answer pxeserve, or the worker does not run",
        "pxeserve join list says what is waited for; pxeserve join status POOL asks the pool",
        "bring the master up: what passes is waited for 15 minutes, then join again", "docs/joining.md",
    ),
    Rule(
        "storage-failed", _AFTER, "a step of its storage failed", proven(lambda s: _failed_at(s, "storage")),
        "a storage repository was not made: {job}",
        "its own words; /var/log/SMlog on the host; xe sr-probe with the same device-config",
        "empty the disk or LUN if nothing on it is wanted, open the export to this host, or correct it by pxeserve pool set; then "
        "xe sr-create by hand",
        "docs/firstboot.md: nothing that holds data is formatted", at_once=True,
    ),
    Rule(
        "first-boot-step-failed", _AFTER, "another step failed", proven(_failed_elsewhere),
        "a step failed five times: {job}", "its own words; the same call of xe by hand on the host", "do that step by hand on the host",
        "answerfiles/firstboot/job.sh: five tries", at_once=True,
    ),
    Rule(
        "first-boot-cut-off", _AFTER, "its job has told steps, and no end", possible(_under_way),
        "the host was restarted, hangs, or lost its network in this step: {job}", "its console; ping its address; ps on the host",
        "start it again: the job goes on where it was", "answerfiles/firstboot/job.sh: a step is done once",
    ),
)  # fmt: skip
