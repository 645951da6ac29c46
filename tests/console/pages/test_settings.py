"""Settings: each key with where it was said, webhooks that are tested, and the certificate that browsers see."""

from __future__ import annotations

from pathlib import Path

import pytest

from pxeserve import certificates
from pxeserve.config.load import load
from pxeserve.console.web import make_app
from pxeserve.domain.role import Role
from tests.console.conftest import Browser, Console
from tests.console.pages.conftest import look, send


@pytest.fixture
def configured(console: Console, tmp_path: Path) -> Console:
    """A console whose configuration was said in three places."""
    data = console.config.server.data
    file = tmp_path / "pxeserve.toml"
    hook = '[[webhook]]\nname = "chat"\nurl = "http://127.0.0.1:9/x"\nevents = ["install.*"]\nsecret_file = "keys/chat"\n'
    file.write_text('[server]\ninterface = "lo"\naddress = "127.0.0.1"\n[log]\nlevel = "debug"\n' + hook)
    (data / "keys" / "chat").write_text("0123456789abcdef0123456789abcdef")
    (data / "keys" / "chat").chmod(0o600)
    console.config = load(file, {"PXESERVE_TFTP__PORT": "6969"}, {"server": {"data": str(data)}})
    console.app = make_app(console.config, console.store, None)
    console.app.test_client_class = Browser
    return console


def test_each_key_tells_where_it_was_said(configured: Console, tmp_path: Path) -> None:
    shown = look(configured.as_role(Role.OPERATOR), "/settings")

    def said(key: str) -> str:
        return " ".join(shown.one(f"//tr[@id='{key}']/td[3]").text_content().split())

    assert said("log.level") == f"{tmp_path}/pxeserve.toml:5 default: \"info\""
    assert said("tftp.port").startswith("PXESERVE_TFTP__PORT")
    assert said("server.data").startswith("the command line")
    assert said("http.port") == "default"
    assert "what machines fetch from" in shown.says("//tr[@id='http.port']/td[1]")


def test_keys_are_found_and_those_that_were_said_alone(configured: Console) -> None:
    client = configured.as_role(Role.OPERATOR)
    assert look(client, "/settings?q=tftp+port").all("//tbody/tr/@id") == ["tftp.port", "tftp.ports", "tftp.single_port"]
    only = look(client, "/settings?said=yes").all("//tr[contains(@id, '.')]/@id")
    assert set(only) == {"server.data", "server.interface", "server.address", "log.level", "tftp.port"}


def test_a_webhook_that_nobody_answers_is_told(configured: Console) -> None:
    assert "chat" in look(configured.as_role(Role.OPERATOR), "/settings").says("//section[@aria-labelledby='hooks-title']")
    assert look(configured.as_role(Role.OPERATOR), "/settings").all("//button[contains(@hx-post, 'webhooks')]") == []
    assert send(configured.as_role(Role.OPERATOR), "/settings/webhooks/chat/test", {}).status_code == 403
    answer = send(configured.as_role(Role.ADMIN), "/settings/webhooks/chat/test", {})
    assert "webhook chat" in answer.get_json()["detail"]


def test_the_certificate_is_shown_and_another_is_refused_when_it_fits_nothing(configured: Console) -> None:
    folder = configured.config.server.data / "keys"
    certificates.ensure(folder, ["127.0.0.1"])
    client = configured.as_role(Role.ADMIN)
    panel = look(client, "/settings").says("//section[@aria-labelledby='tls-title']")
    assert certificates.read(folder / certificates.OWN).fingerprint in panel and "this server itself" in panel
    answer = send(client, "/settings/tls", {"certificate": "nothing", "key": "nothing"})
    assert answer.status_code == 422 and answer.get_json()["detail"]


def test_viewers_see_no_settings(configured: Console) -> None:
    client = configured.as_role(Role.VIEWER)
    assert client.get("/settings", headers={"Accept": "text/html"}).status_code == 403
    assert "/settings" not in look(client, "/help").all("//nav[@id='pages']/a/@href")
