"""XAPI's words for no, as causes and fixes for people. The names are XAPI's own (ocaml/xapi-consts/api_errors.ml), of all generations.

A word that is not here is told as it came, cut and harmless, and without what was confided to whoever says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pxeserve.events.record import harmless

_UPDATE = "install the same version and the same updates on both, or the other medium: pxeserve pool show NAME says what the pool runs"
_MEANINGS: Mapping[str, tuple[str, str]] = {
    "HOST_IS_SLAVE": (
        "it is a member of a pool, and its master is elsewhere", "ask the master, or name it: pxeserve pool set NAME --master HOST",
    ),
    "SESSION_AUTHENTICATION_FAILED": ("user or password is refused", "give the pool's password anew: pxeserve pool secret NAME"),
    "SESSION_INVALID": ("its session is over: the toolstack began anew", "ask again"),
    "HOST_STILL_BOOTING": ("its toolstack is still starting", "wait until xe host-list answers on it"),
    "HOST_OFFLINE": ("that host is offline", "start it, or have it forgotten: xe host-forget"),
    "HOST_IS_LIVE": ("that host lives", "a host that lives leaves its pool by xe pool-eject"),
    "HOST_HAS_RESIDENT_VMS": (
        "guests are still noted as running on it", "if it is dead: xe host-declare-dead uuid=..., then they can be started elsewhere",
    ),
    "HOST_CANNOT_DESTROY_SELF": ("it is the master, which cannot forget itself", "make another host the master first"),
    "HANDLE_INVALID": ("that object is no longer there", "ask again: somebody has changed the pool"),
    "UUID_INVALID": ("nothing there has that UUID", "look with xe host-list what the pool knows"),
    "HA_IS_ENABLED": ("high availability is on", "switch it off while hosts come and go: xe pool-ha-disable"),
    "NOT_IN_EMERGENCY_MODE": ("it is not in emergency mode: it still finds its master", "look at the master before another one leads"),
    "LICENCE_RESTRICTION": ("its licence is another one than the pool's, or allows no pools", "give both the same: xe host-apply-edition"),
    "LICENSE_RESTRICTION": ("its licence is another one than the pool's, or allows no pools", "give both the same: xe host-apply-edition"),
    "HOSTS_NOT_HOMOGENEOUS": ("its software or its CPUs are not like the master's", _UPDATE),
    "HOSTS_NOT_COMPATIBLE": ("its CPUs cannot work with the pool's", "only hosts with CPUs of the same vendor make a pool"),
    "POOL_HOSTS_NOT_COMPATIBLE": ("its CPUs cannot work with the pool's", "only hosts with CPUs of the same vendor make a pool"),
    "POOL_HOSTS_NOT_HOMOGENEOUS": ("its software or its CPUs are not like the master's", _UPDATE),
    "POOL_JOINING_HOST_MUST_HAVE_SAME_PRODUCT_VERSION": ("its version is not the pool's", _UPDATE),
    "POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION": ("its API version is not the pool's", _UPDATE),
    "POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA": ("its database has another schema than the pool's", _UPDATE),
    "JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS": (
        "it has shared storage of its own", "shared storage belongs to the pool: xe pbd-unplug and xe sr-forget on the host that joins",
    ),
    "JOINING_HOST_CANNOT_HAVE_RUNNING_VMS": ("guests run on it", "shut them down: xe vm-shutdown"),
    "JOINING_HOST_CANNOT_HAVE_RUNNING_OR_SUSPENDED_VMS": ("guests run on it or are suspended", "shut them down: xe vm-shutdown"),
    "JOINING_HOST_CANNOT_HAVE_VMS_WITH_CURRENT_OPERATIONS": ("something is being done with a guest of it", "wait until it is done"),
    "JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS": (
        "it leads a pool with other hosts", "only a host that is alone joins: look whether this is the host that was meant",
    ),
    "JOINING_HOST_CONNECTION_FAILED": (
        "it does not reach the pool's master", "look at the network between them, port 443, and at the master's address",
    ),
    "JOINING_HOST_SERVICE_FAILED": ("the master's toolstack does not let it in", "xe-toolstack-restart on the master"),
    "POOL_JOINING_HOST_SERVICE_FAILED": ("the master's toolstack does not let it in", "xe-toolstack-restart on the master"),
    "POOL_JOINING_EXTERNAL_AUTH_MISMATCH": (
        "its external authentication (Active Directory) is not the pool's", "xe pool-enable-external-auth or -disable-external-auth on it",
    ),
    "POOL_JOINING_HOST_MUST_HAVE_PHYSICAL_MANAGEMENT_NIC": (
        "its management interface is no card of its own", "take it off the bond or VLAN until it has joined",
    ),
    "POOL_JOINING_HOST_MUST_ONLY_HAVE_PHYSICAL_PIFS": ("it has bonds or VLANs", "remove them: the pool brings its own"),
    "POOL_JOINING_HOST_HAS_BONDS": ("it has bonds", "remove them: the pool brings its own"),
    "POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS": ("it has VLANs", "remove them: the pool brings its own"),
    "POOL_JOINING_HOST_MANAGEMENT_VLAN_DOES_NOT_MATCH": (
        "its management interface is on another VLAN than the pool's", "give it the pool's: admin-interface.vlan",
    ),
    "POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH": (
        "certificates are verified on one side only", "xe pool-enable-tls-verification on the host that joins, or in the pool",
    ),
    "SLAVE_REQUIRES_MANAGEMENT_INTERFACE": ("it has no management interface", "xe host-management-reconfigure on it"),
    "CANNOT_CONTACT_HOST": ("the master does not reach it", "look at the network between them"),
    "OPERATION_NOT_ALLOWED": ("XAPI does not allow it now", "look at /var/log/xensource.log there"),
}  # fmt: skip
_MOST, _LONGEST = 4, 120
_SHORTEST = 4
_MASK = "[masked]"
_OTHERWISE = "look at /var/log/xensource.log there"


def meaning(words: Sequence[str]) -> tuple[str, str]:
    """Cause and fix for a Failure with these words, XAPI's own word with what belongs to it in brackets. Never the whole of a login's:
    it repeats the user."""
    cause, fix = _MEANINGS.get(words[0], ("it refuses", _OTHERWISE))
    said = [harmless(word, _LONGEST) for word in words[: 1 if words[0].startswith("SESSION_") else _MOST]]
    return f"{cause} ({' '.join(said)})", fix


def hushed(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of `secrets`: whoever was told a password may say it again. One of less than four characters is only found where
    it is all of the text."""
    for one in sorted(secrets, key=len, reverse=True):
        text = text.replace(one, _MASK) if len(one) >= _SHORTEST else _MASK if one and text == one else text
    return text
