"""Secrets among what is declared: shown to nobody, repeated by no refusal, and kept where what was shown comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pxeserve.answerfile.declared import AnswerError, kept, read, redacted

# --- secrets ---

SECRETS = {
    "root-password": {"hash": "$6$topsecret"},
    "sources": ["http://me:topsecret@192.0.2.1/packs", {"address": "ftp://me:topsecret@a/b"}],
    "scripts": {"filesystem-populated": ["http://me:topsecret@192.0.2.1/a.sh"]},
}


def test_no_secret_is_shown_and_what_was_shown_comes_back_as_what_it_was() -> None:
    shown = redacted(SECRETS)
    assert "topsecret" not in json.dumps(shown)
    assert kept(shown, SECRETS) == SECRETS
    assert kept({**shown, "sources": ["http://me:new@192.0.2.1/packs"]}, SECRETS)["sources"] == ["http://me:new@192.0.2.1/packs"]
    assert redacted({"root-password": "random"}) == {"root-password": "random"}
    assert "topsecret" not in json.dumps(redacted({"root-password": "topsecret"}))
    assert "topsecret" not in repr(read(SECRETS).answers)


@pytest.mark.parametrize(
    "declared",
    [
        {"root-password": {"plaintext": "top\tsecret"}},
        {"root-password": {"topsecret": "top\tsecret"}},
        {"sources": ["http://me:topsecret@a/b c"]},
        {"post-install-script": "https://me:topsecret@a/b"},
    ],
)
def test_no_refusal_repeats_a_secret(declared: dict[str, Any]) -> None:
    with pytest.raises(AnswerError) as error:
        read(declared)
    assert "topsecret" not in str(error.value)
    assert "top\\tsecret" not in str(error.value)
