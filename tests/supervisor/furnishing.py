"""A running service with a secret wherever one can be: people, programs, media, hosts, scripts, templates, an armed host, and everything
that somebody may type into the wrong place. What is put where is told as `planting.Secret`."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import re
import secrets
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives import serialization

from pxeserve.answerfile import passwords
from pxeserve.installs import seal
from pxeserve.keys import load_keys
from pxeserve.repo.sample import make_sample
from pxeserve.store import installs, open_store
from tests.media_samples import make
from tests.recovery.backups import dumps
from tests.supervisor.planting import Secret

TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made once: the authorities of a default one take longer to read than an answer
TRUST.check_hostname, TRUST.verify_mode = False, ssl.CERT_NONE
ROLES = ("viewer", "operator", "admin")
MAC = "52:54:00:77:00:01"
ANSWERS = ["primary-disk=sda", "timezone=Europe/London", "admin-interface.name=eth0", "admin-interface.proto=dhcp"]
MORE = """
[log]
format = "json"
level = "debug"
[answerfile]
allow_plaintext = true
[media]
fetch_from = ["127.0.0.0/8"]
[metrics]
enabled = true
listen = "127.0.0.1:{metrics}"
[[webhook]]
name = "bell"
url = "http://127.0.0.1:9/hooks/{hook}"
events = ["*"]
secret_file = "{secret}"
"""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def all(self) -> bytes:
        """Headers too: a secret in one of them is told as well. But for a new session, whose cookie is how its owner gets it."""
        return "".join(f"{key}: {value}\n" for key, value in self.headers.items() if key != "Set-Cookie").encode() + self.body


@dataclass
class Site:
    """The service, all that was planted, the cookie and the token of each role, and the ids of what was made."""

    service: Any
    planted: list[Secret] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, str, bytes]] = field(default_factory=list)
    """What came of typing things into the wrong places: where, who, and all of the answer."""
    metrics: int = 0

    def plant(self, name: str, text: str | bytes = "", core: str = "") -> str:
        """A secret of that name, made up unless it is given; gives its text."""
        core = core or ("" if text else f"zq{secrets.token_hex(8)}")
        self.planted.append(Secret(name, text or f'{core}&<"> %x', core))
        return str(self.planted[-1].text)

    def ask(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Answer:
        """One request, with what our pages send; `body` as JSON, or `raw` as it is."""
        place = f"127.0.0.1:{self.service.ports['console']}"
        connection = http.client.HTTPSConnection(place, timeout=60, context=TRUST)
        said = {"Origin": f"https://{place}", **{key.replace("_", "-"): value for key, value in headers.items()}}
        content = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        if content is not None:
            said.setdefault("Content-Type", "application/json")
        connection.request(method, path, content, said)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    def program(self, role: str, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """The same by a program with a token of that role."""
        return self.ask(method, f"/api/v1{path}", body, Authorization=f"Bearer {self.tokens[role]}", **more)

    def verb(self, verb: str, /, **arguments: Any) -> Any:
        """What root is told over the admin socket."""
        said = self.service.asked(verb, **arguments)
        assert "result" in said, (verb, said)
        return said["result"]

    def wrongly(self, where: str, answer: Answer, role: str = "nobody") -> None:
        self.answers.append((where, role, answer.all))


def begin(service: Any, metrics: int) -> Site:
    """The service runs, and its own secrets are known."""
    site = Site(service, metrics=metrics)
    hook = f"zq{secrets.token_hex(10)}"
    site.plant("webhook address", hook, hook)
    key = secrets.token_bytes(32)
    site.plant("webhook secret", key)
    secret = service.folder / "hook-secret"
    secret.write_text("whsec_" + base64.b64encode(key).decode())
    secret.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(secret, 65534, 65534)
    with service.config.open("a") as file:
        file.write(MORE.format(metrics=metrics, hook=hook, secret=secret))
    service.launch(PXESERVE_CONSOLE__ENABLED="true")
    service.says(r'"event": "ready"')
    code = service.data / "state" / "bootstrap-code"
    service.until(code.exists, "a code for the first account")
    site.plant("set-up code", code.read_text().strip())
    _people(site)
    keys = service.data / "keys"
    for path in ("seal.key", "session.key"):
        site.plant(path, (keys / path).read_bytes())
    for path in keys.glob("*.pem"):
        _private(site, path)
    return site


def _private(site: Site, path: Path) -> None:
    """A private key: its number, and each line of its PEM."""
    text = path.read_text()
    if "PRIVATE KEY" not in text:
        return
    key: Any = serialization.load_pem_private_key(text.partition("-----END CERTIFICATE")[0].encode(), None)
    site.plant("TLS key", key.private_numbers().private_value.to_bytes(32, "big"))
    for line in re.search(r"PRIVATE KEY-----\n(.*?)-----END", text, re.DOTALL)[1].split():  # type: ignore[index]
        if len(line) > 20:
            site.plant("TLS key", line, line)


def _people(site: Site) -> None:
    """An account of each role by the set-up code, a log-in and a token."""
    typed = {role: site.plant(f"password of {role}") for role in (*ROLES, "ada")}
    code = next(one.text for one in site.planted if one.name == "set-up code")
    first = site.ask("POST", "/setup", {"code": code, "name": "admin", "password": typed["admin"]})
    assert first.status == 200, first.body
    site.verb("user.add", name="viewer", role="viewer", password=typed["viewer"])
    site.verb("user.add", name="operator", role="operator", password=typed["operator"])
    site.verb("user.add", name="ada", role="operator", password=typed["ada"])
    for role in ROLES:
        answer = site.ask("POST", "/session", {"name": role, "password": typed[role]})
        assert answer.status == 200, answer.body
        site.cookies[role] = answer.headers["Set-Cookie"].partition(";")[0]
        session = site.cookies[role].partition("=")[2]
        site.plant("session", session, session)
        site.plant("session", hashlib.sha256(session.encode()).digest())
        site.plant(f"CSRF word of {role}", answer.json["csrf"], answer.json["csrf"])
        made = site.verb("token.create", name=f"program of {role}", role=role, user=role, unattended=True)
        site.tokens[role] = next(value for value in made.values() if isinstance(value, str) and value.startswith("pxs_"))
        secret = site.tokens[role].rpartition("_")[2] if site.tokens[role].count("_") == 2 else site.tokens[role][13:]
        site.plant("token", secret, secret)
        site.plant("token", hashlib.sha256(secret.encode()).digest())


def furnish(site: Site) -> None:
    """Media, profiles, hosts, a script, a template, history, an upload, a job; and one host armed."""
    folder = site.service.folder
    make_sample(folder / "sample")
    make("xcp-8.3", folder / "xcp")
    for path in [folder / "sample", folder / "xcp"]:
        path.chmod(0o755)
    site.verb("loaders.import")
    site.verb("media.import", name="sample", source=str(folder / "sample"))
    site.verb("media.import", name="xcp", source=str(folder / "xcp"))
    body = f"#!/bin/sh\nPASSWORD='{site.plant('script body')}'\nexit 0\n"
    site.verb("script.add", name="a.sh", content=base64.b64encode(body.encode()).decode())
    source = site.plant("password of a source")
    plain = site.plant("root password of the profile")
    site.verb("profile.add", name="rack", medium="sample", set=[*ANSWERS, f"root-password.plaintext={plain}"])
    site.verb("profile.set", name="rack", set=[f"sources=[http://bert:{quote(source, safe='')}@10.77.0.9/more]"])
    site.verb("profile.set", name="rack", set=[f"boot.kernel_args=sshpassword={_word(site, 'SSH password')}"])
    hashed = passwords.hashed(site.plant("root password behind a hash"), passwords.RANDOM_ROUNDS)
    site.plant("root hash", hashed, hashed[-40:])
    site.verb("profile.add", name="new", medium="xcp", set=[*ANSWERS, f"root-password.hash={hashed}"])
    own = ["rack=R2", f"root-password.plaintext={site.plant('root password')}"]
    site.verb("host.add", name="xen01", profile="rack", mac=[MAC], set=own)
    site.verb("host.add", name="xen02", profile="new", mac=["52:54:00:77:00:02"], set=["rack=R2"])
    site.verb("profile.add", name="random", medium="xcp", set=[*ANSWERS, "root-password=random"])
    site.verb("host.add", name="xen03", profile="random", mac=["52:54:00:77:00:03"])
    for change in ("timezone=UTC", f"root-password.hash={hashed}"):
        site.verb("site.set", set=[change])
    site.verb("host.set", name="xen01", set=[f"root-password.plaintext={site.plant('another root password')}"])
    text = f"<installation><root-password>{site.plant('template')}</root-password></installation>\n"
    site.verb("template.add", name="t.j2", text=text)
    site.program("operator", "PUT", "/uploads/a.iso", raw=b"abc", Content_Type="application/octet-stream")
    site.made["job"] = site.program("operator", "POST", "/media/sample/verify?wait=30", {}).json["id"]
    for name in ("xen01", "xen02", "xen03"):
        told = site.verb("host.install", name=name)
        if told.get("root_password"):
            site.plant("random root password", told["root_password"], told["root_password"])
    _pooled(site, hashed)
    _armed(site)



def _pooled(site: Site, hashed: str) -> None:
    """A pool with its passwords and a backup of its database, in which there are more."""
    words = ["name=eth0", "proto=static", "ipaddr=10.77.0.14", "subnet=255.255.255.0"]
    own = [f"admin-interface.{one}" for one in words]
    site.verb("host.add", name="xen04", profile="new", mac=["52:54:00:77:00:04"], set=[*own, f"root-password.hash={hashed}"])
    tank = ("kind=lvmoiscsi", "target=10.77.0.9", "target_iqn=iqn.2008-01.example:tank", "scsi_id=3600a0b800012", "chap_user=u")
    site.verb("pool.add", name="rack-a", master="xen04", set=[f"storage.tank.{one}" for one in tank])
    site.verb("pool.secret", name="rack-a", password=site.plant("pool's password"))
    site.verb("pool.secret", name="rack-a", storage="tank", password=site.plant("CHAP password"))
    held = site.plant("secret in a backup", core := f"zq{secrets.token_hex(8)}", core)
    more = dumps.table("blob", dumps.row(ref="OpaqueRef:b", value=held))
    content = dumps.dump(hosts=("xen04",), more=more)
    sent = site.program("operator", "PUT", "/pools/rack-a/backups", raw=content, Content_Type="application/octet-stream")
    site.made["backup"] = sent.json["id"]
    site.plant("backup.key", (site.service.data / "keys" / "backup.key").read_bytes())


def _word(site: Site, name: str) -> str:
    word = f"zq{secrets.token_hex(8)}"
    return site.plant(name, word, word)


def _armed(site: Site) -> None:
    """What an arming holds: its key, its tokens, the passwords of its file; and the newest ids."""
    keys = load_keys(site.service.data)
    store = open_store(site.service.data)
    try:
        with store.site.read() as connection:
            rows = [row for row in (installs.by_id(connection, one) for one in _ids(connection)) if row is not None and row.sealed]
            site.made["history"] = str(connection.exec_driver_sql("SELECT max(id) FROM answers_history").scalar())
    finally:
        store.close()
    assert len(rows) == 3
    for row in rows:
        site.made["install"] = row.id
        assert row.sealed is not None
        frozen = seal.unseal(row.sealed, row.id, keys.seal)
        site.plant("arming's key", frozen.key)
        for kind, name in (("answerfile", ""), ("progress", ""), *(("script", one) for one in frozen.scripts)):
            token = seal.token(frozen.key, seal.purpose(kind, name))
            site.plant("install token", token, token)
            site.plant("install token", hashlib.sha256(token.encode()).digest())
            path = {"answerfile": f"/a/{token}", "progress": f"/p/{token}", "script": f"/s/{token}/{name}"}[kind]
            site.answers.append((f"machine {kind}", "nobody", _machine(site, path)))
        for found in re.findall(rb"<root-password[^>]*>([^<]+)<", frozen.answerfile or b""):
            word = found.decode()
            if "&" not in word and not any(word in (one.text, one.core) for one in site.planted):
                site.plant("password of a file", word, word[-40:])


def _ids(connection: Any) -> list[str]:
    return [str(one) for one in connection.exec_driver_sql("SELECT id FROM install").scalars()]


def _machine(site: Site, path: str) -> bytes:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{site.service.ports['http']}{path}", timeout=60) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return error.read()
