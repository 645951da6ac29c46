"""The configuration: one typed model with a default for every key, read from TOML and overridden from the environment."""

from pxeserve.config.load import ConfigError, load
from pxeserve.config.model import (
    ArmingConfig,
    Config,
    DhcpConfig,
    HttpConfig,
    ListenConfig,
    ServerConfig,
    SubnetConfig,
    TftpConfig,
)

__all__ = [
    "ArmingConfig",
    "Config",
    "ConfigError",
    "DhcpConfig",
    "HttpConfig",
    "ListenConfig",
    "ServerConfig",
    "SubnetConfig",
    "TftpConfig",
    "load",
]
