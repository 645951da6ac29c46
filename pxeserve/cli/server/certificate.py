"""`pxeserve tls`: the console's certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, reporting_errors

app = typer.Typer(help="The certificate of the web console: show, import, forget.", no_args_is_help=True)


@app.command("show")
def show(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print whose it is, how long it lasts, and its SHA-256, to compare with what a browser shows."""
    invoke(config, json, "tls.show", {}, _shown)


@app.command("import")
def import_(
    certificate: Annotated[Path, typer.Argument(metavar="CERT", help="PEM, with its chain.")],
    key: Annotated[Path, typer.Argument(metavar="KEY", help="PEM, without a password.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Serve with a certificate of your own, at once and without a restart; connections that stand keep theirs."""
    with reporting_errors():
        arguments = {"certificate": _text(certificate), "key": _text(key)}
    invoke(config, json, "tls.import", arguments, _shown)


@app.command("forget")
def forget(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Go back to the certificate that the service made itself."""
    invoke(config, json, "tls.forget", {}, _shown)


def _text(path: Path) -> str:
    from pxeserve.certificates import LARGEST
    from pxeserve.errors import PxeserveError

    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1).decode("ascii")
    except OSError as error:
        raise PxeserveError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        fix = "DER becomes PEM by: openssl x509 -inform der -in FILE (a key: openssl pkey -inform der -in FILE)"
        raise PxeserveError(f"{path}: not PEM, which is text", fix=fix) from None


def _shown(answer: Any, console: Console) -> None:
    made = "made by this service itself" if answer["own"] else f"issued by {answer['issuer']}"
    console.print(Text(f"{answer['subject']}: {answer['key']}, {made}"))
    console.print(Text(f"  for {', '.join(answer['names'])}"))
    console.print(Text(f"  from {moment(answer['begins'])} to {moment(answer['ends'])}"))
    console.print(Text(f"  SHA-256 {answer['fingerprint']}"))
