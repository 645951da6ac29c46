"""Whom a webhook trusts, and who trusts it: its secrets and the other side's certificate."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
from pathlib import Path

import pytest

from tests.outlets.webhooks.receiving import (
    SECRET,
    Post,
    Receiver,
    certificate,
    until_idle,
)


def test_secrets_are_changed_without_a_moment_in_which_nobody_is_believed(post: Post) -> None:
    hook = post.hook()
    new = base64.b64encode(b"x" * 32).decode()
    (post.folder / "secret").write_text(f"# the new one\nwhsec_{new}\n\n{SECRET}\n")
    post.happens("x")
    until_idle(hook)
    headers, body = post.receiver.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    proofs = [hmac.new(base64.b64decode(one), signed, hashlib.sha256).digest() for one in (new, SECRET)]
    assert headers["webhook-signature"] == " ".join(f"v1,{base64.b64encode(proof).decode()}" for proof in proofs)


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    [
        (SECRET, 0o644, "everybody on this machine may read it"),
        ("", 0o600, "holds no secret"),
        ("s3cret-that-is-no-base64!", 0o600, "secret:1: not a secret in base64"),
        (base64.b64encode(b"short").decode(), 0o600, "a secret of 5 bytes"),
        (None, 0o600, "No such file"),
    ],
)
def test_without_a_good_secret_nothing_is_posted_and_what_is_wrong_is_said(post: Post, content: str | None, mode: int, says: str) -> None:
    hook = post.hook()
    file = post.folder / "secret"
    file.unlink()
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    post.happens("x")
    hook.turn()
    assert post.receiver.got == []
    assert says in post.row().last_result
    if content:
        assert content not in post.row().last_result
    file.write_text(SECRET)
    file.chmod(0o600)
    until_idle(hook)
    assert post.receiver.texts() == ["x"]


def test_tls_has_to_be_trusted(post: Post, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    post.receiver.end()
    post.receiver = Receiver(pem)
    hook = post.hook()
    post.happens("x")
    hook.turn()
    assert "its certificate is not trusted" in post.row().last_result
    assert post.receiver.got == []
    until_idle(post.hook(ca_file=pem))
    assert post.receiver.texts() == ["x"]


def test_a_certificate_of_another_place_is_not(post: Post, tmp_path: Path) -> None:
    pem = certificate(tmp_path, "192.0.2.1")
    post.receiver.end()
    post.receiver = Receiver(pem)
    hook = post.hook(ca_file=pem)
    post.happens("x")
    hook.turn()
    assert "its certificate is not trusted" in post.row().last_result
    shutil.copy("/dev/null", pem)
    hook.turn()
    assert "not certificates that can be read" in post.row().last_result
