"""The files that run the container: each gives what the service needs and no more, and says nothing that no configuration knows."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from pxeserve.config import Config, load

FOLDER = Path(__file__).parents[2] / "containers"
COMPOSED = sorted(FOLDER.glob("compose.*.yaml"))
RIGHTS = {"NET_BIND_SERVICE", "NET_RAW"}
HEALTH = ["pxeserve", "health"]


def configured(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Config:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load(None)


def composed(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text())["services"]["pxeserve"]
    return found


def quadlet() -> dict[str, str]:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(FOLDER / "quadlet/pxeserve.container")
    return dict(parser["Container"])


def pod() -> dict[str, Any]:
    told = yaml.safe_load_all((FOLDER / "kubernetes/pxeserve.yaml").read_text())
    found: dict[str, Any] = next(one for one in told if one["kind"] == "DaemonSet")
    spec: dict[str, Any] = found["spec"]["template"]["spec"]
    assert found["spec"]["selector"]["matchLabels"].items() <= found["spec"]["template"]["metadata"]["labels"].items()
    return spec


@pytest.mark.parametrize("file", COMPOSED, ids=lambda file: file.stem)
def test_compose_gives_two_rights_and_a_configuration_that_is_understood(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = composed(file)
    assert set(service["cap_add"]) == RIGHTS
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert "privileged" not in service and "security_opt" not in service
    assert [one.partition(":")[2] for one in service["volumes"]] == ["/var/lib/pxeserve"]
    config = configured(service["environment"], monkeypatch)
    assert (config.server.interface == "eth0") is (file.stem != "compose.bridge")


def test_behind_a_bridge_every_port_is_published_at_the_address_that_machines_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    service = composed(FOLDER / "compose.bridge.yaml")
    config = configured(service["environment"], monkeypatch)
    assert config.tftp.single_port
    wanted = {f"{config.dhcp.port}/udp", f"{config.tftp.port}/udp", "4011/udp", f"{config.http.port}/tcp", f"{config.console.port}/tcp"}
    assert set(service["ports"]) == {f"{config.server.address}:{one.partition('/')[0]}:{one}" for one in wanted}


def test_the_quadlet_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    said = quadlet()
    assert set(said["AddCapability"].split()) == RIGHTS
    assert (said["DropCapability"], said["ReadOnly"], said["Network"]) == ("all", "true", "host")
    assert said["HealthCmd"].split() == HEALTH
    assert said["Volume"] == "pxeserve.volume:/var/lib/pxeserve"
    assert (FOLDER / "quadlet/pxeserve.volume").is_file()
    name, _, value = said["Environment"].partition("=")
    assert configured({name: value}, monkeypatch).server.interface == "eth0"


def test_the_pod_gives_the_same_and_is_probed_by_what_it_would_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = pod()
    (container,) = spec["containers"]
    context = container["securityContext"]
    assert set(context["capabilities"]["add"]) == RIGHTS
    assert context["capabilities"]["drop"] == ["ALL"]
    assert context["readOnlyRootFilesystem"] and context["runAsNonRoot"]
    assert spec["hostNetwork"] and not spec["automountServiceAccountToken"] and not spec["enableServiceLinks"]
    assert [container[name]["exec"]["command"] for name in ("startupProbe", "livenessProbe")] == [HEALTH, HEALTH]
    assert {one["name"] for one in container["volumeMounts"]} == {one["name"] for one in spec["volumes"]}
    assert configured({one["name"]: one["value"] for one in container["env"]}, monkeypatch).server.interface == "eth0"


def test_all_of_them_mean_the_user_of_the_image() -> None:
    text = (FOLDER / "Containerfile").read_text()
    user = re.search(r"^USER (\d+):(\d+)$", text, re.MULTILINE)
    assert user is not None
    context = pod()["containers"][0]["securityContext"]
    assert (str(context["runAsUser"]), str(context["runAsGroup"])) == user.groups()
    assert f"--uid {user[1]} " in text
    assert pod()["initContainers"][0]["command"][1] == f"{user[1]}:{user[2]}"
    assert 'CMD ["pxeserve", "health"]' in text


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_start_script_is_clean() -> None:
    done = subprocess.run(["shellcheck", FOLDER / "start.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
