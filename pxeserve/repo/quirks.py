"""The habits of installers that decide what a medium must look like; what goes by each names it where it does."""

from __future__ import annotations

from pxeserve.domain.quirk import Quirk

QUIRKS: tuple[Quirk, ...] = (
    Quirk(
        "listed-again",
        "a folder that is looked into anyway and stands in `XS-REPOSITORY-LIST` too is found twice",
        "noted on a medium, refused in a site's own",
        "installers 5.5 to 7.0, `repository.py`",
        ("repo/test_formats.py", "repo/test_author.py"),
    ),
    Quirk(
        "under-100-bytes",
        "verification divides by a hundredth of a package's bytes, and calls shorter ones damaged",
        "noted",
        "4.1 to XenServer 8; right in 9",
        ("repo/test_formats.py",),
    ),
    Quirk(
        "driver-at-root",
        "verification asks for drivers and firmware at the address's root, wherever their repository lies",
        "a warning where one is made",
        "4.1 to 7.0",
        ("repo/test_author.py",),
    ),
    Quirk(
        "capital-md5",
        "MD5 is compared as text, so capitals never match",
        "they are refused",
        "4.1 to 7.0",
        ("repo/test_text.py", "repo/test_xml.py"),
    ),
    Quirk(
        "kernel-word",
        "`${KERNEL_VERSION}` in a driver's destination became `${LINUX_KABI_VERSION}`",
        "each generation gets its own word",
        "6.0",
        ("repo/test_author.py",),
    ),
    Quirk(
        "platform-main",
        "`xcp:main` is the platform, and `xs:main` on top of it says the product; up to 5.6 there is `xs:main` alone",
        "both are read",
        "6.0, 2011-04",
        ("repo/test_formats.py",),
    ),
    Quirk(
        "old-sections",
        "`[system-v1]` is read by XenServer 8 and XCP-ng 8.3 and later, and counts there; earlier ones read `[branding]` alone",
        "each generation is told what it would read",
        "7.0 to 8.2; CP-37849",
        ("repo/test_format_faults.py",),
    ),
    Quirk(
        "keys-by-generation",
        "every file of `[keys]` is copied up to 8.2; later the first is imported, and `repomd.xml.asc` checked by it",
        "a missing key is refused or noted as that generation would take it",
        "7.1, XenServer 8; CP-39332",
        ("repo/test_format_faults.py",),
    ),
    Quirk(
        "paired-by-number",
        "names, sizes and sums of a primary list are collected apart and paired by number: an element too many shifts all that follow",
        "such a list is refused",
        "7.0 to today",
        ("repo/test_format_faults.py",),
    ),
    Quirk(
        "gzip-only",
        "the primary list is unpacked by gzip and nothing else, while newer createrepo_c packs by zstd",
        "another packing is refused, with the word for createrepo_c",
        "7.0 to today",
        ("repo/test_format_faults.py",),
    ),
    Quirk(
        "update-name",
        "from a pack yum is asked for the control package and `update-` with the label, from a driver disk for the group `drivers`",
        "authored packs hold both",
        "7.1 to today; CA-225377",
        ("interop/test_dnf.py",),
    ),
)
