"""Users, tokens and the audit: an administrator's pages, and nobody else's."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from pxeserve.domain.pool import Member, Pool
from pxeserve.domain.role import Role
from pxeserve.store import pools
from tests.console.conftest import Console
from tests.console.pages.conftest import Page, look, send
from tests.recovery.backups.dumps import dump

HOSTS = ("xen-r3-01", "xen-r3-02")

PASSWORD = "correct horse battery"


@pytest.mark.parametrize("path", ["/users", "/users/admin", "/audit", "/audit/verify"])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_they_are_hidden_from_others_and_refused_to_them(console: Console, path: str, role: Role) -> None:
    client = console.as_role(role)
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 403
    nav = look(client, "/help").all("//nav[@id='pages']/a/@href")
    assert "/users" not in nav and "/audit" not in nav


def test_an_account_is_made_changed_and_ended(console: Console) -> None:
    client = console.as_role(Role.ADMIN)
    made = send(client, "/users", {"name": "anna", "role": "operator", "password": PASSWORD, "again": PASSWORD})
    assert made.headers["HX-Redirect"] == "/users/anna"
    assert "anna" in look(client, "/users?q=operator").says("//section[@aria-labelledby='users-title']//tbody")
    assert send(client, "/users/anna/role", {"role": "viewer"}).status_code == 200
    assert "viewer" in look(client, "/users/anna").says("//dl")
    assert send(client, "/users/anna/disable", {}).status_code == 200
    assert "anna is disabled" in look(client, "/users/anna").says()
    assert send(client, "/users/anna/enable", {}).status_code == 200
    assert "was not typed" in send(client, "/users/anna", {"confirm": "ann"}, "DELETE").get_json()["detail"]
    assert send(client, "/users/anna", {"confirm": "anna"}, "DELETE").headers["HX-Redirect"] == "/users"
    assert client.get("/users/anna", headers={"Accept": "text/html"}).status_code == 404


def test_a_password_is_given_twice_alike(console: Console) -> None:
    form = {"name": "anna", "role": "viewer", "password": PASSWORD, "again": PASSWORD + "?"}
    answer = send(console.as_role(Role.ADMIN), "/users", form)
    assert "not alike" in answer.get_json()["detail"] and PASSWORD not in answer.get_data(as_text=True)


def test_changing_accounts_wants_a_fresh_password(console: Console) -> None:
    stale = console.as_role(Role.ADMIN, fresh=False)
    answer = send(stale, "/users/admin/disable", {})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not-fresh")


def test_the_last_administrator_stays(console: Console) -> None:
    assert send(console.as_role(Role.ADMIN), "/users/admin", {"confirm": "admin"}, "DELETE").status_code in (409, 422)


def test_a_token_is_shown_once_and_revoked(console: Console) -> None:
    client = console.as_role(Role.ADMIN)
    console.as_role(Role.OPERATOR)
    made = Page(send(client, "/users/operator/tokens", {"name": "<i>CI</i>", "role": "viewer", "days": "7"}))
    secret = made.one("//input[@id='token-made']").get("value")
    assert secret.startswith("pxs_") and made.all("//a/@href") == ["/users/operator"]
    shown = look(client, "/users/operator")
    assert secret not in shown.text and "<i>CI</i>" in shown.says("//tbody") and shown.all("//td//i") == []
    token = re.findall(r"revoke-(\w+)", " ".join(shown.all("//dialog/@id")))[0]
    assert send(client, f"/users/operator/tokens/{token}/revoke", {}).status_code == 200
    assert "revoked" in look(client, "/users").says("//section[@aria-labelledby='tokens-title']")


def test_all_tokens_of_a_user_are_revoked_when_its_name_was_typed(console: Console) -> None:
    client = console.as_role(Role.ADMIN)
    console.as_role(Role.OPERATOR)
    assert look(client, "/users/operator").all("//dialog[@id='all-tokens']//input/@data-typed") == ["operator"]
    assert look(client, "/users/operator").all("//button[@data-dialog='all-tokens']") == []
    for name in ("first", "second"):
        send(client, "/users/operator/tokens", {"name": name, "role": "viewer", "days": "7"})
    assert "2 tokens" in look(client, "/users/operator").says("//dialog[@id='all-tokens']")
    wrong = send(client, "/users/operator/tokens/revoke", {"confirm": "operato"})
    assert (wrong.status_code, "was not typed" in wrong.get_json()["detail"]) == (422, True)
    assert send(client, "/users/operator/tokens/revoke", {"confirm": "operator"}).status_code == 200
    shown = look(client, "/users/operator")
    assert shown.says("//tbody").count("revoked") == 2 and shown.all("//button[@data-dialog='all-tokens']") == []


def test_all_of_one_s_own_tokens_are_revoked_when_one_s_name_was_typed(console: Console) -> None:
    client = console.as_role(Role.VIEWER)
    send(client, "/account/tokens", {"name": "mine", "role": "viewer"})
    assert "was not typed" in send(client, "/account/tokens/revoke", {"confirm": ""}).get_json()["detail"]
    assert send(client, "/account/tokens/revoke", {"confirm": "viewer"}).status_code == 200
    assert "revoked" in look(client, "/account").says("//tbody")
    assert send(client, "/users/admin/tokens/revoke", {"confirm": "admin"}).status_code == 403


def test_a_token_that_sends_backups_is_made_on_the_page_and_can_do_nothing_else(furnished: Console) -> None:
    console, client = furnished, furnished.as_role(Role.ADMIN)
    console.as_role(Role.OPERATOR)
    with console.store.site.write() as connection:
        pools.save(connection, Pool("rack-a", HOSTS[0], tuple(map(Member, HOSTS))))
    form = {"name": "nightly", "role": "admin", "days": "90", "scope": "backup:write", "pools": "rack-a"}
    assert "of which pools" in send(client, "/users/operator/tokens", {**form, "pools": ""}).get_json()["detail"]
    assert "no other limits" in send(client, "/users/operator/tokens", {**form, "hosts": HOSTS[0]}).get_json()["detail"]
    plain = {**form, "role": "viewer", "scope": ""}
    assert "limit a token that has a scope" in send(client, "/users/operator/tokens", plain).get_json()["detail"]
    made = Page(send(client, "/users/operator/tokens", form))
    assert "sends backups of rack-a" in made.says("//div")
    assert "backup:write: rack-a" in look(client, "/users/operator").says("//tbody")
    text = made.one("//input[@id='token-made']").get("value")
    stranger = console.stranger()
    stranger.environ_base.update({"HTTP_AUTHORIZATION": f"Bearer {text}"})
    kind = {"Content-Type": "application/octet-stream"}
    assert stranger.put("/api/v1/pools/rack-a/backups", data=dump(hosts=HOSTS), headers=kind).status_code == 201
    assert stranger.get("/api/v1/backups").status_code == 403
    assert [one["scope"] for one in client.get("/api/v1/tokens").get_json()["items"]] == ["backup:write"]
    own = send(client, "/account/tokens", {**form, "name": "mine"})
    assert "sends backups of rack-a" in Page(own).says("//div")


def test_sessions_of_another_end(console: Console) -> None:
    client, other = console.as_role(Role.ADMIN), console.as_role(Role.OPERATOR)
    assert other.get("/help").status_code == 200
    session = look(client, "/users/operator").all("//button[contains(@hx-post, '/sessions/') and contains(., 'End the')]/@hx-post")
    assert len(look(client, "/users/operator").all("//section[@aria-labelledby='sessions-title']//tbody/tr")) == 1
    path = next(one for one in look(client, "/users/operator").all("//button/@hx-post") if one.endswith("/end") and "/sessions/" in one)
    assert session is not None and send(client, path, {}).status_code == 200
    assert other.get("/help").status_code == 401


def test_the_audit_is_narrowed_and_linked(console: Console) -> None:
    client = console.as_role(Role.ADMIN)
    send(client, "/users", {"name": "anna", "role": "operator", "password": PASSWORD, "again": PASSWORD})
    send(client, "/users/anna/disable", {})
    found = look(client, "/audit?action=user.*").all("//tbody//a[@class='tag']/text()")
    assert found == ["user.disable", "user.add"]
    assert look(client, "/audit?object=anna&action=user.add").all("//tbody//a[@class='tag']/text()") == ["user.add"]
    assert "No line is like that" in look(client, "/audit?actor=nobody").says()
    assert "since: 'x' is no time" in look(client, "/audit?since=x").says("//*[@role='alert']")


def test_the_chain_is_verified_and_tells_where_it_breaks(console: Console) -> None:
    client = console.as_role(Role.ADMIN)
    send(client, "/users", {"name": "anna", "role": "operator", "password": PASSWORD, "again": PASSWORD})
    assert "none is missing" in Page(client.get("/audit/verify")).says("//body")
    with console.store.site.write() as connection:
        connection.execute(text("update audit set object = 'somebody else' where action = 'user.add'"))
    assert "does not hold at line" in Page(client.get("/audit/verify")).says("//body")
