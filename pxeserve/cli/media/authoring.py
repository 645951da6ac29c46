"""`pxeserve media create`, `add-package` and `set`: a site's own repositories, in a folder of whoever runs the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape

from pxeserve.cli.terminal.session import ConfigOption, JsonOption, console, invoke, print_json, progress_bar, reporting_errors

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The repository's folder.")]
Packages = Annotated[
    list[str] | None,
    typer.Option(
        "--package",
        metavar="FILE=TYPE[,KEY=VALUE...]",
        help="What a name does not tell: the type (tbz2, driver, firmware, rpm, driver-rpm), destination=, kernel=, options=, optional.",
    ),
]


def create(
    folder: Folder,
    name: Annotated[str, typer.Option("--name", metavar="VENDOR:NAME", help="The repository's id, such as custom:my-repo.")],
    format: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text (4.0 to 5.5), xml (5.6 to 7.0) or yum (7.1 and later).")],
    title: Annotated[str, typer.Option("--title", help="What installers show to people.")] = "",
    product: Annotated[str, typer.Option("--product", help="The product it is for, such as XenServer.")] = "",
    version: Annotated[str, typer.Option("--version", help="text: the product's version; xml, yum: the pack's own.")] = "",
    build: Annotated[str, typer.Option("--build", help="The build that belongs to the version.")] = "",
    requires: Annotated[
        list[str] | None, typer.Option("--requires", metavar="ID>=VERSION", help="xml: a repository that must be chosen too.")
    ] = None,
    packages: Packages = None,
    driver_disk: Annotated[bool, typer.Option("--driver-disk", help="Drivers and firmware alone; RPMs are driver-rpm then.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a repository or driver disk of your own from a folder of packages. Nothing is written when something is wrong."""
    from pxeserve.operations.media import authoring

    del config  # every command takes it; this one asks nobody
    with reporting_errors():
        with progress_bar() as report:
            answer = authoring.create(
                folder, name=name, format=format, title=title, product=product, version=version, build=build,
                requires=requires or [], packages=packages or [], driver_disk=driver_disk, report=report,
            )  # fmt: skip
        _show(answer, json)


def add_package(
    folder: Folder,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to copy there and list; or files that lie there already.")],
    packages: Packages = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Add packages to a repository of your own."""
    from pxeserve.operations.media import authoring

    del config
    with reporting_errors():
        with progress_bar() as report:
            answer = authoring.add_package(folder, files=files, packages=packages or [], report=report)
        _show(answer, json)


def revise(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A medium that is a pack.")],
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="The new medium's name.")],
    settings: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE...]", help="name, title, product, version, build, requires.")
    ] = None,
    uploads: Annotated[
        list[str] | None, typer.Option("--upload", metavar="UPLOAD=FILE", help="What was sent to the service, and its name in the pack.")
    ] = None,
    packages: Packages = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make another medium of a pack that the service has, with more packages or other words; the pack itself stays as it is."""
    files = {upload: file for upload, _, file in (one.partition("=") for one in uploads or ())}
    asked = {"name": name, "to": to, "set": settings or [], "files": files, "packages": packages or []}
    invoke(config, json, "media.revise", asked, _revised)


def _revised(answer: Any, shown: Console) -> None:
    shown.print(f"medium {escape(answer['name'])}: {answer['package_count']} packages; name it where profiles named the old one")
    for finding in answer["findings"]:
        shown.print(f"  {finding['severity']}: {escape(finding['place'])}: {escape(finding['message'])}", highlight=False)


def set_fields(
    what: Annotated[str, typer.Argument(metavar="DIR|NAME", help="A repository's folder, or the name of a netinstall medium.")],
    settings: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="name, title, product, version, build, requires.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Change what a repository of your own says of itself; its sums are taken anew. Of a netinstall medium: version=8.2.1."""
    from pxeserve.operations.media import authoring

    folder = Path(what)
    if "/" not in what and not folder.is_dir():
        invoke(config, json, "media.set", {"name": what, "set": settings}, _set)
        return
    with reporting_errors():
        with progress_bar() as report:
            answer = authoring.change(folder, set=settings, report=report)
        _show(answer, json)


def _set(answer: Any, shown: Console) -> None:
    shown.print(f"medium {escape(answer['name'])}: {escape(answer['product'])} {escape(answer['version'])}, read by {answer['dialect']}")


def _show(answer: dict[str, Any], json: bool) -> None:
    if json:
        print_json(answer)
        return
    shown = console()
    size = decimal(sum(package["bytes"] for package in answer["packages"]))
    what = answer["role"].replace("-", " ")
    said = f"({escape(answer['title'])}): a {what} in the {answer['format']} format"
    shown.print(f"[bold]{escape(answer['id'])}[/bold] {said}", highlight=False)
    shown.print(f"  {len(answer['packages'])} packages, {size}, in {escape(answer['folder'])}")
    for finding in answer["findings"]:
        shown.print(f"  {finding['severity']}: {escape(finding['place'])}: {escape(finding['message'])}", highlight=False)
        if finding["fix"]:
            shown.print(f"    {escape(finding['fix'])}", highlight=False)
    name = answer["id"].partition(":")[2].lower()
    shown.print(f"import it with: pxeserve media import {escape(answer['folder'])} --name {escape(name)}")
