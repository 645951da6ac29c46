"""The habits of installers that fetch by FTP and NFS, and of the servers that give; what goes by each names it where it does."""

from __future__ import annotations

from pxeserve.domain.quirk import Quirk

QUIRKS: tuple[Quirk, ...] = (
    Quirk(
        "ftp-port-21",
        "the port in an FTP address is not looked at when files are looked for",
        "a source at another port is refused for those installers",
        "installers of 4.1 to 7.1",
        ("operations/media/test_sources.py",),
    ),
    Quirk(
        "ftp-size-in-ascii",
        'SIZE without a TYPE before it, and a refusal means "no repository"',
        "it is answered with the bytes, as in binary mode",
        "installers of 7.0 and 7.1",
        ("publish/test_ftp_installers.py",),
    ),
    Quirk(
        "ftp-cwd-and-list",
        "a file is there when its name is in NLST of its folder",
        "a folder that is not there fails with 550",
        "installers of 4.1 to 6.5",
        ("publish/test_ftp_installers.py",),
    ),
    Quirk(
        "ftp-login-each",
        "each question is a login of its own, and nobody says QUIT",
        "64 sessions an address",
        "installers of 4.1 to 7.1",
        ("publish/test_ftp_hostile.py",),
    ),
    Quirk(
        "nfs-names-no-port",
        "sources are mounted without port or version: v3 asks rpcbind, v4 goes to 2049",
        "another port is refused for NFS sources",
        "all installers",
        ("operations/media/test_sources.py", "boot/story/test_sources.py"),
    ),
    Quirk(
        "ganesha-replaced-path",
        "an export whose path was another's is refused when Ganesha reads its file again, and both are gone",
        "what is replaced goes first, the new one in a second reading",
        "NFS-Ganesha 4.3",
        ("publish/test_ganesha.py", "publish/test_nfs.py"),
    ),
    Quirk(
        "ganesha-ends-without-rpcbind",
        "with NFSv3 configured it ends at once where no portmapper answers",
        "v4 alone until one does",
        "NFS-Ganesha 4.3",
        ("publish/test_nfs.py",),
    ),
)
