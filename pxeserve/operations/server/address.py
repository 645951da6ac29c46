"""Where machines come back to: this server's own address for HTTP, as it stands in menus and answerfiles."""

from __future__ import annotations

from pxeserve.config import Config
from pxeserve.errors import PxeserveError


def base_url(config: Config) -> str:
    """`http://ADDRESS[:PORT]`. Built from the configuration alone, never from what a client says. Raises PxeserveError."""
    if config.server.address is None:
        raise PxeserveError("it is not known which address machines come back to", fix='set [server] address, or interface = "eth0"')
    port = config.http.port
    return f"http://{config.server.address}" + ("" if port == 80 else f":{port}")
