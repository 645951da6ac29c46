"""What may be configured. Each field's description is its line in the example file, so the two cannot drift apart.

Refuses to know where values come from; that is `load`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, field_validator, model_validator

from pxeserve.config.backups import BackupsConfig
from pxeserve.config.outlets import LogConfig, MetricsConfig, RecordConfig, WebhookConfig
from pxeserve.config.section import Section
from pxeserve.config.values import Port, Ports, Seconds, host_name, one_or_more, range_of, seconds_or_off


class ListenConfig(Section):
    interface: str = Field(description="a further interface to serve")
    address: IPv4Address | None = Field(None, description="what machines there come back to; default: the interface's own")


class ServerConfig(Section):
    data: Path = Field(Path("/var/lib/pxeserve"), description="everything the service keeps")
    interface: str | None = Field(None, description="default: the one with the default route")
    address: IPv4Address | None = Field(None, description="what machines are told to come back to; default: the interface's own")
    user: str = Field("pxeserve", description="dropped to after the ports are bound, when started as root")
    listen: tuple[ListenConfig, ...] = Field((), description="more networks")


class SubnetConfig(Section):
    network: IPv4Network = Field(description="the subnet served, as 10.77.0.0/24")
    range: tuple[IPv4Address, IPv4Address] | None = Field(None, description="first and last address for machines without a reservation")
    ranges: tuple[tuple[IPv4Address, IPv4Address], ...] = Field((), description="more than one range")
    router: IPv4Address | None = None
    dns: tuple[IPv4Address, ...] = ()
    domain: str | None = None
    ntp: tuple[IPv4Address, ...] = ()
    lease: Seconds = Field(3600, ge=60, description="how long an address is lent")
    options: dict[str, str] = Field({}, description='further options by number, "hex:0102" or text')

    @property
    def all_ranges(self) -> tuple[tuple[IPv4Address, IPv4Address], ...]:
        """`range` and `ranges` together."""
        return ((self.range,) if self.range else ()) + self.ranges

    @model_validator(mode="after")
    def _inside(self) -> SubnetConfig:
        for first, last in self.all_ranges:
            if first not in self.network or last not in self.network:
                raise ValueError(f"range {first} to {last} is not inside {self.network}")
            if last < first:
                raise ValueError(f"range {first} to {last} ends before it begins")
            if first == self.network.network_address or last == self.network.broadcast_address:
                raise ValueError(f"range {first} to {last} holds {self.network}'s own network or broadcast address")
        if self.router is not None and self.router not in self.network:
            raise ValueError(f"router {self.router} is not inside {self.network}")
        return self

    @field_validator("options")
    @classmethod
    def _numbers(cls, value: dict[str, str]) -> dict[str, str]:
        for code in value:
            if not code.isascii() or not code.isdigit() or not 1 <= int(code) <= 254:
                raise ValueError(f"option {code!r} is not a number from 1 to 254")
        return value


class DhcpConfig(Section):
    mode: Literal["proxy", "server", "off"] = Field("proxy", description="proxy | server | off")
    allow_other_servers: bool = Field(False, description="server mode refuses to start where another DHCP server answers")
    port: Port = 67
    subnet: tuple[SubnetConfig, ...] = Field((), description="server mode")

    @model_validator(mode="after")
    def _subnets(self) -> DhcpConfig:
        if self.mode == "server" and not self.subnet:
            raise ValueError('mode "server" needs at least one [[dhcp.subnet]]')
        for i, one in enumerate(self.subnet):
            for other in self.subnet[i + 1 :]:
                if one.network.overlaps(other.network):
                    raise ValueError(f"subnets {one.network} and {other.network} overlap")
        return self


class TftpConfig(Section):
    port: Port = 69
    root: Path = Field(Path("tftp"), description="files served just as they lie there, beneath the data folder unless absolute")
    ports: Ports = Field("40000-40999", description="ports of transfers, to be let through a firewall")
    single_port: bool = Field(False, description="answer from the listening port, for bridges and NAT")

    @property
    def port_range(self) -> range:
        """The ports of transfers."""
        return range_of(self.ports)


class HttpConfig(Section):
    port: Port = Field(80, description="what machines fetch from: media, answerfiles, hooks")


class ConsoleConfig(Section):
    enabled: bool = Field(True, description="web pages and API for people and programs, over HTTPS alone")
    port: Port = Field(8443, description="of pages and API")
    address: Annotated[tuple[IPv4Address, ...], BeforeValidator(one_or_more)] = Field(
        (), max_length=16, description="one or a list, where they are; default: loopback and the service's own address"
    )
    names: tuple[Annotated[str, AfterValidator(host_name)], ...] = Field(
        (), max_length=32, description="further names by which browsers ask for it, such as that of a proxy in front"
    )
    certificate: Path | None = Field(None, description="PEM, with its chain; default: imported (pxeserve tls import), else self-made")
    key: Path | None = Field(None, description="PEM, of the certificate")
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = Field((), description="whose X-Forwarded-For is believed")

    @model_validator(mode="after")
    def _both(self) -> ConsoleConfig:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: name both or neither")
        return self


class BootConfig(Section):
    idle: Literal["auto", "silent", "menu"] = Field(
        "auto",
        description="auto | silent | menu: machines that install nothing get no boot file (silent) or one that leads to their own disk; "
        "auto: silent in proxy mode, else menu",
    )


class ArmingConfig(Section):
    expires: Seconds = Field(3600, ge=300, le=86400, description="how long an armed host waits for its boot, 5m to 24h")
    bind: Literal["evidence", "token"] = Field("evidence", description='"token": no evidence of who asks, the risk accepted')


class AnswerfileConfig(Section):
    allow_plaintext: bool = Field(False, description="let profiles carry root passwords in plain text (4.1 to 5.5 read nothing else)")


class MediaConfig(Section):
    fetch_from: tuple[IPv4Network | IPv6Network, ...] = Field(
        (), description="networks from which a URL may be imported though they are loopback, link-local or this machine's own"
    )
    scrub: Annotated[int, BeforeValidator(seconds_or_off)] = Field(
        30 * 86400, description='every byte of each medium is read from the disk once in so long, slowly; such as "30d", or "off"'
    )

    @field_validator("scrub")
    @classmethod
    def _seldom(cls, value: int) -> int:
        if value and value < 3600:
            raise ValueError('an hour is the least; "off" for never')
        return value


class NfsConfig(Section):
    enabled: bool = Field(False, description="media over NFS too, for reading and for everybody")
    server: Literal["ganesha", "kernel"] = Field(
        "ganesha", description='run by this service (package nfs-ganesha-vfs); "kernel": the host\'s own, see pxeserve nfs exports'
    )
    port: Port = Field(2049, description="installers name no port: NFSv4 is looked for at 2049, NFSv3 by rpcbind")
    mount_port: Port = Field(20048, description="of NFSv3's mountd, to be let through a firewall")
    versions: tuple[Literal[3, 4], ...] = Field((3, 4), description="NFSv3 needs rpcbind; installers up to 6.5 speak nothing else")

    @field_validator("versions")
    @classmethod
    def _some(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value:
            raise ValueError("names no version: [3, 4], [3] or [4]")
        return tuple(sorted(set(value)))

    @property
    def keeps_ganesha(self) -> bool:
        """Whether this service runs the NFS server."""
        return self.enabled and self.server == "ganesha"


class FtpConfig(Section):
    enabled: bool = Field(False, description="media over FTP too, for reading and for everybody")
    port: Port = Field(21, description="installers up to 7.1 ask at port 21 and at no other")
    passive_ports: Ports = Field("41000-41999", description="ports of data connections, to be let through a firewall")

    @property
    def port_range(self) -> range:
        """The ports of data connections."""
        return range_of(self.passive_ports)


class DatabaseConfig(Section):
    url: str = Field("sqlite", description="sqlite, in the data folder")

    @field_validator("url")
    @classmethod
    def _known(cls, value: str) -> str:
        if value != "sqlite":
            raise ValueError(f'{value!r} cannot be used: this release keeps its state in "sqlite"')
        return value


class Config(Section):
    """The whole configuration. Immutable; SIGHUP makes a new one."""

    server: ServerConfig = ServerConfig()
    dhcp: DhcpConfig = DhcpConfig()
    tftp: TftpConfig = TftpConfig()
    http: HttpConfig = HttpConfig()
    console: ConsoleConfig = ConsoleConfig()
    boot: BootConfig = BootConfig()
    arming: ArmingConfig = ArmingConfig()
    answerfile: AnswerfileConfig = AnswerfileConfig()
    media: MediaConfig = MediaConfig()
    nfs: NfsConfig = NfsConfig()
    ftp: FtpConfig = FtpConfig()
    backups: BackupsConfig = BackupsConfig()
    database: DatabaseConfig = DatabaseConfig()
    log: LogConfig = LogConfig()
    record: RecordConfig = RecordConfig()
    metrics: MetricsConfig = MetricsConfig()
    webhook: tuple[WebhookConfig, ...] = Field((), max_length=16, description="whom events are sent to as they happen")

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @field_validator("webhook")
    @classmethod
    def _one_name_each(cls, value: tuple[WebhookConfig, ...]) -> tuple[WebhookConfig, ...]:
        names = [one.name for one in value]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two webhooks have the name {twice}")
        return value

    @cached_property
    def tftp_root(self) -> Path:
        """`tftp.root`, absolute."""
        return self.server.data / self.tftp.root

    def said_by(self, origins: Mapping[str, str]) -> Config:
        """This one, of which `origins` says by `section.key` where each value was said."""
        self._origins = dict(origins)
        return self

    def origin(self, key: str) -> str | None:
        """Where `section.key` was said: a file and its line, a variable of the environment; None for a default."""
        return self._origins.get(key)

    def __eq__(self, other: object) -> bool:
        """Whether the values are the same, wherever they were said."""
        return isinstance(other, Config) and self.plain() == other.plain()

    def plain(self) -> dict[str, Any]:
        """As JSON-able values."""
        return self.model_dump(mode="json")
