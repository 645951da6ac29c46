"""Words that an installer reads from the kernel's part: each generation's spelling, and where a misplaced one belongs."""

from __future__ import annotations

import pytest

from pxeserve.boot.entry import MenuError, entry
from pxeserve.boot.installer import WordError, kernel_words, misplaced
from pxeserve.domain.decide import Decision, Target
from pxeserve.domain.host import BootWords, Host, Profile
from pxeserve.domain.install import Install, InstallState
from pxeserve.domain.medium import BootFiles, Medium

DIALECTS = ("4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5", "7.0", "7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9")
LATER = DIALECTS[4:]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_multipath_is_said_as_each_generation_reads_it(dialect: str) -> None:
    said = {}
    for wanted in ("enabled", "disabled", "if-multiple"):
        try:
            said[wanted] = kernel_words(dialect, BootWords(multipath=wanted))
        except WordError as error:
            said[wanted] = [error.message.partition(";")[0]]
    if dialect in ("4.1", "5.0", "5.5"):
        assert all("know no multipath" in one[0] for one in said.values())
        return
    only_9 = [f"boot.multipath: if-multiple is read by installers of xs9, not by those of {dialect}"]
    if dialect == "5.6":
        assert said == {"enabled": [], "disabled": ["no_mpath"], "if-multiple": only_9}
        return
    word = "device_mapper_multipath"
    multiple = [f"{word}=if-multiple"] if dialect == "xs9" else only_9
    assert said == {"enabled": [f"{word}=enabled"], "disabled": [f"{word}=disabled"], "if-multiple": multiple}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_card_is_said_as_each_generation_reads_it(dialect: str) -> None:
    words = BootWords(network_device="eth1")
    if dialect == "4.1":
        with pytest.raises(WordError, match="bring up all their network cards"):
            kernel_words(dialect, words)
        return
    assert kernel_words(dialect, words) == [("network_device" if dialect in LATER else "answerfile_device") + "=eth1"]


@pytest.mark.parametrize(
    ("key", "words", "says"),
    [
        ("kernel_args", "console=hvc0 acpi=off install", None),
        ("kernel_args", "network_config=static:ip=10.77.0.5;netmask=255.255.255.0", None),
        ("xen_args", "dom0_max_vcpus=1-16 watchdog com2=115200", None),
        ("kernel_args", "a answerfile=http://x/y", "is written by pxeserve itself"),
        ("xen_args", "rt_answerfile=http://x/y", "is written by pxeserve itself"),
        ("kernel_args", "answerfile_device=eth0", "belongs in boot.network_device"),
        ("kernel_args", "no_mpath", "belongs in boot.multipath"),
        ("kernel_args", "dom0_mem=1G", "belongs in boot.dom0_mem"),
        ("kernel_args", "dom0_max_vcpus=4", "belongs in boot.xen_args"),
        ("xen_args", "watchdog device_mapper_multipath=enabled", "it belongs in boot.multipath"),
        ("xen_args", "network_config=dhcp", "it belongs in boot.kernel_args"),
        ("xen_args", "install", "it belongs in boot.kernel_args"),
    ],
)
def test_a_word_in_the_wrong_place_is_told_its_right_one(key: str, words: str, says: str | None) -> None:
    found = misplaced(key, words)
    assert found is None if says is None else says in (found or "")


def decision(dialect: str, words: BootWords) -> Decision:
    host = Host(1, "xen01", ("52:54:00:77:00:01",), "rack")
    medium = Medium("disc", "disc@a", "x", "X", "1", "1", dialect, "a", BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img"))
    install = Install("a" * 32, 1, "fresh", False, True, InstallState.ARMED, 1.0)
    return Decision(Target.INSTALLER, (), None, host, Profile("rack", words=words), medium, install)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_kernels_part_has_them_and_always_install(dialect: str) -> None:
    words = BootWords() if dialect == "4.1" else BootWords(network_device="all")
    xen, kernel, _disk = entry(decision(dialect, words), answerfile_url="http://10.77.0.1/a/T").parts
    assert kernel.words.split()[-2:] == ["answerfile=http://10.77.0.1/a/T", "install"]
    assert ("device=all" in kernel.words) is (dialect != "4.1")
    assert "install" not in xen.words.split()


def test_what_a_generation_does_not_read_makes_no_menu() -> None:
    with pytest.raises(MenuError, match=r"installers of 4\.1 know no multipath"):
        entry(decision("4.1", BootWords(multipath="enabled")), answerfile_url="http://10.77.0.1/a/T")
