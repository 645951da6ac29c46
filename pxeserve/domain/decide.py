"""The one boot decision: who gets what, and why.

DHCP, TFTP, the answerfile route, `explain` and the rehearsal all ask `decide`, so no two of them can disagree. It is
pure: what it needs to know is handed to it, and when anything is in doubt its answer is the machine's own disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pxeserve.domain.client import ARCHITECTURES, Client, Firmware
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.identity import Claim, Mark, same_machine
from pxeserve.domain.install import OPEN_STATES, Install, InstallState
from pxeserve.domain.medium import Medium, MediumState
from pxeserve.domain.serial import differs


class Target(StrEnum):
    """What the machine is led to."""

    INSTALLER = "installer"      # the medium's hypervisor, kernel and RAM disk
    PLAIN = "plain"              # the profile's own kernel files
    OWN_DISK = "own-disk"        # a menu that leaves the network boot
    ADDRESS_ONLY = "address-only"  # no boot file at all: its firmware goes on by itself


class Weight(StrEnum):
    CHOSE = "chose"
    PASSED_OVER = "passed-over"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of a decision. `code` is stable and for programs, `text` is a sentence, `source` the record or rule it comes from."""

    weight: Weight
    code: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Loader:
    """A boot loader that this server can give: its set (never mixed with another), file name and origin.

    `http` says that it is named by an address and fetched over HTTP; `because` is the line of the table of loaders that chose it.
    """

    set: str
    file: str
    origin: str
    http: bool = False
    because: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """What the server itself has to offer, as far as a decision needs it.

    `loaders` maps a firmware to the loader to use, chosen for what the host would boot by whoever calls; a firmware without an
    entry has none, and `missing_loader` then holds the sentence that says what to change. `silent` maps the firmware that is best
    led to its own disk by no answer at all to the reason for that.
    """

    loaders: Mapping[Firmware, Loader] = field(default_factory=dict)
    missing_loader: Mapping[Firmware, str] = field(default_factory=dict)
    silent: Mapping[Firmware, str] = field(default_factory=dict)
    named: dict[tuple[int | None, Firmware | None, Target], tuple[Loader | None, Reason]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What has been decided from these by architecture, firmware and target. `decide`'s own."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the machine gets and because of what; `loader` is set whenever a boot file is to be named."""

    target: Target
    because: tuple[Reason, ...]
    loader: Loader | None = None
    host: Host | None = None
    profile: Profile | None = None
    medium: Medium | None = None
    install: Install | None = None


def decide(
    client: Client,
    host: Host | None,
    install: Install | None,
    site: Site,
    *,
    profile: Profile | None = None,
    medium: Medium | None = None,
    claim: Claim | None = None,
    now: float,
) -> Decision:
    """What `client` should boot. `profile` and `medium` are the host's own (inheritance already resolved); `claim` is what an unknown MAC
    says of itself by its UUID or serial number; `now` is epoch seconds.

    Total: every branch ends in a Decision with at least one reason. Never leads to an installer unless `install` is open.
    """
    wanted, why = _wanted(client, host, install, profile, medium, now) if host else _stranger(client, claim)
    if not client.pxe:
        reason = _chose("not-pxe", "the request is an ordinary DHCP client's, not a network boot", "option 60")
        return Decision(Target.ADDRESS_ONLY, (reason, *why), None, host, profile, medium, install)
    if wanted is Target.ADDRESS_ONLY:
        return Decision(wanted, tuple(why), None, host, profile, medium, install)
    loader, reason = _loader(client, site, wanted)
    target = wanted if loader is not None else Target.ADDRESS_ONLY
    return Decision(target, (reason, *why), loader, host, profile, medium, install)


def _loader(client: Client, site: Site, wanted: Target) -> tuple[Loader | None, Reason]:
    """What is named to the machine, if anything; the same for all machines of one make that want the same, so `site` remembers it."""
    if client.firmware is None and client.arch is not None:  # a stranger can name 65,536 of them
        return _named(client, site, wanted)
    key = (client.arch, client.firmware, wanted)
    found = site.named.get(key)
    if found is None:
        found = site.named[key] = _named(client, site, wanted)
    return found


def _named(client: Client, site: Site, wanted: Target) -> tuple[Loader | None, Reason]:
    """A machine that wants nothing but its own disk is never told that it cannot be helped."""
    if client.arch is not None and client.firmware is None:
        known = ARCHITECTURES.get(client.arch)
        name = known.name if known else "not in the IANA table"
        return None, _refused("unknown-arch", f"architecture {client.arch} ({name}) cannot run any installer served here", "option 93")
    firmware = client.firmware or Firmware.BIOS
    if wanted is Target.OWN_DISK and firmware in site.silent:
        return None, _chose("silent", site.silent[firmware], "[boot] idle")
    loader = site.loaders.get(firmware)
    if loader is None:
        text = site.missing_loader.get(firmware, f"no boot loader for {firmware} firmware is served by this release")
        weight = Weight.PASSED_OVER if wanted is Target.OWN_DISK else Weight.REFUSED
        return None, Reason(weight, "no-loader", text, "table of loaders")
    text = f"{firmware} firmware gets {loader.file} of the set {loader.set}"
    return loader, _chose("loader", f"{text}: {loader.because}" if loader.because else text, loader.origin)


def _stranger(client: Client, claim: Claim | None) -> tuple[Target, list[Reason]]:
    """A MAC and a UUID or serial number have to match both: one that lies about them, or shares them by a maker's carelessness, installs
    nothing."""
    text = f"{client.mac} belongs to no host here; unknown machines get their own disk"
    reasons = [_chose("unknown-host", text, "hosts")]
    if claim is None:
        return Target.OWN_DISK, reasons
    several, one = _CLAIMED[claim.mark]
    if len(claim.hosts) > 1:
        names = " and ".join(claim.hosts)
        text = f"{client.mac} says the {claim.mark} {claim.said}, which {names} both have: nobody is known by it"
        return Target.OWN_DISK, [*reasons, Reason(Weight.PASSED_OVER, several, text, f"host {claim.hosts[0]}")]
    name = claim.hosts[0]
    text = (
        f"{client.mac} is not entered here but says {name}'s {claim.mark}: another card of {name}, or a machine that says the same; it "
        f"gets its own disk until somebody who knows says so: pxeserve discovered adopt {client.mac} --name {name}"
    )
    return Target.OWN_DISK, [*reasons, Reason(Weight.PASSED_OVER, one, text, f"host {name}")]


_CLAIMED = {Mark.UUID: ("uuid-shared", "other-card"), Mark.SERIAL: ("serial-shared", "other-card-serial")}
"""The codes of a claim that several hosts answer to, and of one that is one host's."""


def _wanted(
    client: Client, host: Host, install: Install | None, profile: Profile | None, medium: Medium | None, now: float
) -> tuple[Target, list[Reason]]:
    own_disk = Target.OWN_DISK
    if host.uuid and client.uuid and not same_machine(host.uuid, client.uuid):
        text = f"{client.mac} is {host.name}'s, but the system UUID is {client.uuid}, not {host.uuid}: somebody else may use the MAC"
        return Target.ADDRESS_ONLY, [_refused("uuid-differs", text, f"host {host.name}")]
    if differs(host, client.serial):
        text = f"{client.mac} is {host.name}'s, but the serial number is {client.serial}, not {host.serial}: somebody else may use the MAC"
        return own_disk, [_refused("serial-differs", text, f"host {host.name}")]
    if install is None:
        return own_disk, [_chose("idle", f"{host.name} is not armed for an install", f"host {host.name}")]
    label = f"install {install.id}"
    if install.state not in OPEN_STATES:
        return own_disk, [_chose(f"install-{install.state}", _closed(host, install), label)]
    if now >= install.expires:
        return own_disk, [_chose("install-lapsed", f"{host.name}'s arming has run out; arm it again", label)]
    if profile is None:
        return own_disk, [_refused("no-profile", f"{host.name}'s profile {host.profile} is gone", f"host {host.name}")]
    if profile.plain is not None:
        return Target.PLAIN, [_chose("armed", f"{host.name} is armed to boot the files of profile {profile.name}", label)]
    if medium is None:
        return own_disk, [_refused("no-medium", f"profile {profile.name} names no medium that is here", f"profile {profile.name}")]
    if medium.state is not MediumState.GOOD:
        return own_disk, [_refused("medium-damaged", f"medium {medium.name} is damaged: {medium.state_reason}", f"medium {medium.name}")]
    if install.medium_revision != medium.revision:
        text = f"medium {medium.name} is not the one that was checked when {host.name} was armed; arm it again"
        return own_disk, [_refused("medium-changed", text, label)]
    if medium.boot is None:
        return own_disk, [_refused("medium-unbootable", f"medium {medium.name} has no boot files", f"medium {medium.name}")]
    kind = "interactively" if install.interactive else "unattended"
    return Target.INSTALLER, [_chose("armed", f"{host.name} is armed to install {medium.name} {kind} ({install.mode})", label)]


def _closed(host: Host, install: Install) -> str:
    match install.state:
        case InstallState.ANSWERED | InstallState.INSTALLING:
            return f"{host.name} has already been given its installation; every further network boot gets its own disk"
        case InstallState.FROZEN:
            return f"{host.name}'s arming is frozen because somebody else asked for it; look at its events and arm it again"
        case _:
            return f"{host.name}'s last install is {install.state}; it is not armed"


def _chose(code: str, text: str, source: str) -> Reason:
    return Reason(Weight.CHOSE, code, text, source)


def _refused(code: str, text: str, source: str) -> Reason:
    return Reason(Weight.REFUSED, code, text, source)
