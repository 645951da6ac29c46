"""The command as people and programs use it: exit statuses, help, JSON, and never a traceback."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.cli.main import main
from tests.media_samples import make

PXESERVE = Path(sys.executable).parent / "pxeserve"
CHECKOUT = Path(__file__).parents[2]
MAC = "52:54:00:77:00:01"
GROUPS = {
    "host": ("add", "list", "show", "set", "remove", "install", "password", "cancel"),
    "rack": ("list", "show"),
    "profile": ("add", "list", "show", "set", "remove"),
    "media": ("import", "imports", "list", "show", "verify", "create", "add-package", "set", "remove", "sample"),
    "loaders": ("import", "list"),
    "answerfile": ("lint", "render", "check", "convert", "import"),
    "site": ("show", "set", "save", "restore"),
    "script": ("add", "set", "list", "show", "remove", "lint"),
    "template": ("add", "set", "list", "show", "remove", "preview"),
    "dhcp": ("leases",),
    "config": ("example", "show"),
    "user": ("add", "list", "show", "set-role", "disable", "enable", "remove", "sessions", "log-out"),
    "token": ("create", "list", "revoke"),
    "audit": ("list", "verify"),
}
SINGLE = ("serve", "init", "passwd", "rehearse", "explain", "events", "apply", "export", "status", "health", "support-bundle", "version")


@pytest.fixture
def config() -> Iterator[Path]:
    """A configuration whose data folder the service's user may own; pytest's own folders are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="pxs-"))
    folder.chmod(0o755)
    user = 'user = "nobody"\n' if os.geteuid() == 0 else ""
    file = folder / "pxeserve.toml"
    file.write_text(f'[server]\ndata = "{folder}/data"\ninterface = "lo"\naddress = "127.0.0.1"\n{user}')
    yield file
    shutil.rmtree(folder)


def run(*words: str | Path, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PXESERVE_")}
    if config is not None:
        environment["PXESERVE_CONFIG"] = str(config)
    done = subprocess.run([PXESERVE, *words], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def test_the_help_names_every_command() -> None:
    said = run("--help")
    assert said.returncode == 0
    assert all(command in said.stdout for command in (*GROUPS, *SINGLE))
    assert run("--version").stdout.startswith("pxeserve 0.")
    assert run("version").stdout == run("--version").stdout
    assert f"pxeserve {json.loads(run('version', '--json').stdout)['version']}\n" == run("version").stdout


EVERY = [*((name,) for name in SINGLE), *((group, verb) for group, verbs in GROUPS.items() for verb in verbs)]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In this process: one of its own for each takes half a minute of a core in all."""
    monkeypatch.setattr(sys, "argv", ["pxeserve", *words, "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "Usage: pxeserve " + " ".join(words) in said.replace("\n", " ")
    if words not in (("config", "example"), ("serve",)):
        assert "--json" in said
    if words != ("config", "example"):
        assert "--config" in said


WRONG = [
    ("explode",), ("host", "explode"), ("host", "install"), ("host", "cancel"), ("host", "install", "--rack", "R"),
    ("host", "add", "--name", "x"), ("host", "show"), ("status", "--colour"),
]  # fmt: skip


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_use_ends_with_2(words: tuple[str, ...]) -> None:
    assert run(*words).returncode == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("host", "show", "xen01"), "error: there is no host xen01\n  pxeserve host list shows them all\n"),
        (("media", "import", "/nowhere", "--name", "x"), "error: /nowhere: there is no such file or folder\n"),
        (("profile", "add", "Rack"), "error: 'Rack' is not a name for a profile"),
        (("explain", "nonsense"), "is not a MAC address"),
        (("apply", "/nowhere.yaml"), "/nowhere.yaml: cannot be read"),
    ],
)
def test_no_for_an_answer_ends_with_1_and_says_why(config: Path, words: tuple[str, ...], says: str) -> None:
    done = run(*words, config=config)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stdout == ""


def test_tables_come_whole_through_a_pipe(config: Path) -> None:
    tree = config.parent / "sample"
    assert run("media", "sample", tree).returncode == 0
    assert run("media", "import", tree, "--name", "sample", config=config).returncode == 0
    package = json.loads(run("media", "show", "sample", "--json", config=config).stdout)["packages"][0]
    shown = run("media", "show", "sample", config=config).stdout
    assert package["file"] in shown
    assert package["md5"] in shown
    assert max(len(line) for line in shown.splitlines()) < 200


def test_a_configuration_that_cannot_be_used_is_said_by_every_command(config: Path) -> None:
    config.write_text("[servr]\n")
    for words in (("status",), ("host", "list"), ("serve",), ("config", "show")):
        done = run(*words, config=config)
        assert done.returncode == 1
        assert "unknown key servr; did you mean server?" in done.stderr


def test_hosts_go_there_and_back_without_a_service(config: Path) -> None:
    assert run("profile", "add", "rack", "--set", "primary-disk=sda", config=config).returncode == 0
    added = run("host", "add", "--name", "xen01", "--mac", MAC.upper(), "--profile", "rack", "--json", config=config)
    assert json.loads(added.stdout)["mac"] == [MAC]
    assert [host["name"] for host in json.loads(run("host", "list", "--json", config=config).stdout)] == ["xen01"]
    assert "xen01" in run("host", "list", config=config).stdout
    assert run("host", "set", "xen01", "--set", "hostname=xen01", config=config).returncode == 0
    assert "hostname: xen01" in run("host", "show", "xen01", config=config).stdout
    assert run("profile", "remove", "rack", config=config).returncode == 1
    exported = config.with_name("site.yaml")
    exported.write_text(run("export", config=config).stdout)
    assert run("apply", exported, config=config).stdout == "nothing to change\n"
    assert run("host", "remove", "xen01", config=config).returncode == 0
    assert "+ host xen01" in run("apply", exported, "--dry-run", config=config).stdout
    status = json.loads(run("status", "--json", config=config).stdout)
    assert (status["serving"], status["hosts"]) == (False, {})


def test_a_sites_own_repository_is_made_and_imported(config: Path) -> None:
    folder = config.parent / "my-repo"
    make("text-pack", folder)
    for index in ("XS-REPOSITORY", "XS-PACKAGES"):
        (folder / index).unlink()
    words = ("media", "create", folder, "--name", "custom:my-repo", "--format", "text", "--title", "My [own]")
    made = json.loads(run(*words, "--product", "XenServer", "--version", "4.1.0", "--json", config=config).stdout)
    assert (made["role"], [one["type"] for one in made["packages"]], made["findings"]) == ("pack", ["tbz2", "tbz2"], [])
    again = run(*words, config=config)
    assert (again.returncode, again.stdout) == (1, "")
    assert "XS-REPOSITORY is there already" in again.stderr
    said = run("media", "set", folder, "version=5.5.0", config=config).stdout
    assert "custom:my-repo (My [own]): a pack in the text format" in said
    assert run("media", "set", folder, "version=6.5.0", config=config).returncode == 1
    other = config.parent / "other.tar.bz2"
    other.write_bytes((folder / "docs.tar.bz2").read_bytes())
    more = ("--package", "other.tar.bz2=tbz2,optional", "--json")
    added = json.loads(run("media", "add-package", folder, other, *more, config=config).stdout)
    assert [one["file"] for one in added["packages"]] == ["docs.tar.bz2", "sub/more.tar.bz2", "other.tar.bz2"]
    imported = json.loads(run("media", "import", folder, "--name", "my-repo", "--json", config=config).stdout)
    assert (imported["role"], imported["product"], imported["package_count"]) == ("pack", "custom:my-repo", 3)
    assert "a pack in the text format" in run("media", "show", "my-repo", config=config).stdout
    assert "nothing of it can be set" in run("media", "set", "my-repo", "version=4.1.0", config=config).stderr


def test_a_netinstall_tree_is_told_its_version(config: Path) -> None:
    run("media", "import", make("netinstall", config.parent / "net"), "--name", "net", config=config)
    told = json.loads(run("media", "set", "net", "version=8.2.1", "--json", config=config).stdout)
    assert (told["role"], told["version"], told["dialect"]) == ("netinstall", "8.2.1", "xcp-8.2")
    refused = run("media", "set", "net", "version=77", config=config)
    assert (refused.returncode, "is not version=NUMBER of XCP-ng" in refused.stderr) == (1, True)
    assert "there is no medium other" in run("media", "set", "other", "version=8.3.0", config=config).stderr


def test_text_of_people_is_never_taken_for_markup(config: Path) -> None:
    run("profile", "add", "rack", "--set", "boot.kernel_args=a[red]x[/red]", config=config)
    assert "a[red]x[/red]" in run("profile", "show", "rack", config=config).stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="there is no other user to become")
def test_root_leaves_nothing_behind_that_the_service_could_not_write(config: Path) -> None:
    run("profile", "add", "rack", config=config)
    owners = {path.stat().st_uid for path in (config.parent / "data").rglob("*")}
    assert owners == {65534}


def test_a_rendered_answerfile_says_beside_each_line_who_said_it(config: Path, tmp_path: Path) -> None:
    source = Path(tempfile.mkdtemp(prefix="pxs-"))
    source.chmod(0o755)
    try:
        run("media", "import", make("xcp-8.3", source / "disc"), "--name", "disc", config=config)
        run("loaders", "import", config=config)
    finally:
        shutil.rmtree(source)
    assert run("site", "set", "--set", "nameservers=[192.0.2.1]", config=config).stdout == "  nameservers: ['192.0.2.1']\n"
    words = ("primary-disk=sda", "admin-interface={name: eth0, proto: dhcp}", "nameservers+=192.0.2.2", "initial-partitions=[]")
    run("profile", "add", "rack", "--medium", "disc", *(word for one in words for word in ("--set", one)), config=config)
    said = run("host", "add", "--mac", MAC, "--name", "xen01", "--profile", "rack", "--set", "target-platform=x", config=config).stdout
    assert "note: target-platform: installers of xcp-8.3 know no <target-platform>" in said
    shown = run("answerfile", "render", "xen01", "--origins", config=config)
    lines = [line.strip() for line in shown.stdout.splitlines()]
    assert [line.split("|")[1].strip() for line in lines if line.startswith("<nameserver>")] == ["site", "profile rack"]
    assert any(line.startswith("<source") and line.endswith("| pxeserve") for line in lines)
    assert "sr-type is not said: ext  | default of xcp-8.3" in lines
    assert "warning: target-platform" in shown.stderr
    plain = json.loads(run("answerfile", "render", "xen01", "--json", config=config).stdout)
    assert {one["origin"] for one in plain["origins"]} == {"pxeserve", "profile rack", "site"}
    checked = run("answerfile", "check", config=config)
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "0 of 1 hosts would be accepted as they are")
    run("host", "set", "xen01", "--set", "primary-disk=null", config=config)
    checked = run("answerfile", "check", config=config)
    assert checked.returncode == 1
    assert "xen01 (profile rack): refused" in checked.stdout
    assert "[profile rack]" in run("explain", MAC, config=config).stdout
