"""Every key has a default; every mistake has a place and a word that mends it."""

import re
import tomllib
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pxeserve.config import Config, ConfigError, load
from pxeserve.config.example import render

SUBNET = '[[dhcp.subnet]]\nnetwork = "10.77.0.0/24"\nrange = ["10.77.0.100", "10.77.0.199"]\n'
SERVER = '[dhcp]\nmode = "server"\n'


HOOK = "[[webhook]]\nname = 'chat'\nurl = 'https://chat.example.com/'\nsecret_file = 'secret'\n"


def loaded(tmp_path: Path, text: str, env: dict[str, str] | None = None) -> Config:
    file = tmp_path / "pxeserve.toml"
    file.write_text(text)
    return load(file, env or {})


def test_with_no_file_at_all_it_is_a_working_server_in_proxy_mode() -> None:
    config = load(env={})
    assert (config.dhcp.mode, config.dhcp.port, config.tftp.port, config.http.port) == ("proxy", 67, 69, 80)
    assert config.arming.expires == 3600
    assert config.tftp_root == Path("/var/lib/pxeserve/tftp")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[servr]\n", "pxeserve.toml:1: unknown key servr; did you mean server?"),
        ("[server]\n\nuzer = 'x'\n", "pxeserve.toml:3: unknown key server.uzer; did you mean user?"),
        ("[tftp]\ncolour = 1\n", "pxeserve.toml:2: unknown key tftp.colour; known here: port, root, ports, single_port"),
        (SERVER + SUBNET + "roter = '10.77.0.1'\n", "pxeserve.toml:6: unknown key dhcp.subnet.roter; did you mean router?"),
        (SERVER + SUBNET + "[[dhcp.subnet]]\nnetwork = '10.78.0.0/24'\nlase = 5\n", "pxeserve.toml:8: unknown key dhcp.subnet.lase"),
        ("[http]\nport = 'eighty'\n", "pxeserve.toml:2: http.port: "),
        ("[http]\nport = 70000\n", "pxeserve.toml:2: http.port: "),
        ("[tftp]\nports = '5-2'\n", "is not a range of ports such as 40000-40999"),
        ("[tftp]\nports = '80-90'\n", "between 1024 and 65535"),
        ("[metrics]\nlisten = 'localhost:9468'\n", "pxeserve.toml:2: metrics.listen: 'localhost:9468' is not an IPv4 address and a port"),
        ("[metrics]\nlisten = '127.0.0.1:0'\n", "has no port such as 9468"),
        ("[log]\nlevel = 'loud'\n", "pxeserve.toml:2: log.level: "),
        ("[record]\nkeep_events = 5\n", "pxeserve.toml:2: record.keep_events: "),
        (HOOK + "events = []\n", "pxeserve.toml:5: webhook.events: "),
        (HOOK + "events = ['Install']\n", "'Install' is not a kind of event such as install.done"),
        (HOOK + "events = ['webhook.*']\n", "would tell of itself without end"),
        (HOOK + HOOK, "two webhooks have the name chat"),
        (HOOK.replace("chat'", "my chat'", 1), "is not a name of small letters, digits and hyphens"),
        ("[arming]\nexpires = 'soon'\n", "'soon' is not a length of time such as 90s, 60m, 1h or 2d"),
        ("[arming]\nexpires = '1m'\n", "pxeserve.toml:2: arming.expires: "),
        ("[dhcp]\nmode = 'both'\n", "pxeserve.toml:2: dhcp.mode: "),
        (SERVER, 'mode "server" needs at least one [[dhcp.subnet]]'),
        (SERVER + SUBNET.replace("0.199", "9.199"), "is not inside 10.77.0.0/24"),
        (SERVER + SUBNET.replace("0.199", "0.50"), "ends before it begins"),
        (SERVER + SUBNET.replace("0.199", "0.255"), "own network or broadcast address"),
        (SERVER + SUBNET + "router = '10.78.0.1'\n", "router 10.78.0.1 is not inside"),
        (SERVER + SUBNET + "options = {'300' = 'x'}\n", "is not a number from 1 to 254"),
        (SERVER + SUBNET + SUBNET.replace("/24", "/16"), "overlap"),
        ("[database]\nurl = 'postgresql://x'\n", 'keeps its state in "sqlite"'),
        ("[nfs]\nversions = []\n", "pxeserve.toml:2: nfs.versions: names no version: [3, 4], [3] or [4]"),
        ("[server\n", "not TOML"),
    ],
)
def test_each_mistake_has_its_place_and_its_mend(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, text)
    assert says in str(error.value)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, "[servr]\n[tftp]\nprot = 1\n")
    assert len(error.value.message.splitlines()) == 2


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("'300s'", 300), ("'60m'", 3600), ("'2h'", 7200), ("'1d'", 86400)])
def test_lengths_of_time(tmp_path: Path, text: str, seconds: int) -> None:
    if seconds < 300:
        with pytest.raises(ConfigError):
            loaded(tmp_path, f"[arming]\nexpires = {text}\n")
    else:
        assert loaded(tmp_path, f"[arming]\nexpires = {text}\n").arming.expires == seconds


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    env = {
        "PXESERVE_HTTP__PORT": "8080",
        "PXESERVE_SERVER__ADDRESS": "10.0.0.5",
        "PXESERVE_TFTP__SINGLE_PORT": "true",
        "PXESERVE_DHCP__SUBNET": '[{network = "10.0.0.0/24"}]',
        "PXESERVE_CONFIG": "not looked at when a file is named",
        "PATH": "untouched",
    }
    config = loaded(tmp_path, "[http]\nport = 81\n[tftp]\nport = 6969\n", env)
    assert (config.http.port, config.tftp.port, config.tftp.single_port) == (8080, 6969, True)
    assert config.server.address == IPv4Address("10.0.0.5")
    assert str(config.dhcp.subnet[0].network) == "10.0.0.0/24"


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"PXESERVE_HTTP__PROT: unknown key http\.prot; did you mean port\?"):
        loaded(tmp_path, "", {"PXESERVE_HTTP__PROT": "1"})
    with pytest.raises(ConfigError, match=r"PXESERVE_HTTP__PORT: http\.port: "):
        loaded(tmp_path, "", {"PXESERVE_HTTP__PORT": "x"})


def test_a_missing_file_is_named_and_the_environment_may_name_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: there is no such file"):
        load(tmp_path / "nowhere.toml", {})
    (tmp_path / "here.toml").write_text("[http]\nport = 81\n")
    assert load(env={"PXESERVE_CONFIG": str(tmp_path / "here.toml")}).http.port == 81


def test_it_does_not_change_once_it_is_read() -> None:
    config = load(env={})
    with pytest.raises(ValidationError):
        config.http.port = 5


# --- the example ---


def test_the_example_in_the_docs_is_the_model() -> None:
    page = Path(__file__).parents[2] / "docs" / "pxeserve.example.toml"
    assert page.read_text(encoding="utf-8") == render()


def test_the_example_as_it_stands_and_with_every_default_uncommented_is_the_default(tmp_path: Path) -> None:
    assert loaded(tmp_path, render()) == load(env={})
    uncommented = re.sub(r"(?m)^# (\w+ = .*)$", r"\1", re.sub(r"(?ms)^# \[\[.*?(?=^\[|\Z)", "", render()))
    plain: dict[str, Any] = tomllib.loads(uncommented)
    for section in plain.values():
        for shown in ("interface", "address", "names", "certificate", "key", "trusted_proxies"):  # examples: they have no default
            section.pop(shown, None)
    assert Config.model_validate(plain) == load(env={})


def test_the_example_names_every_key() -> None:
    for section, info in Config.model_fields.items():
        assert f"[{section}]" in render()
        for key in getattr(info.annotation, "model_fields", {}):
            assert re.search(rf"(?m)^# (\[\[{section}\.)?{key}\b", render()), key
