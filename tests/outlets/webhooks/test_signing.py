"""Signatures, by the specification's own example."""

from __future__ import annotations

import base64

from pxeserve.outlets.webhooks.message import Message
from pxeserve.outlets.webhooks.signing import headers


def test_the_example_of_the_specification() -> None:
    """Standard Webhooks: the example that its reference libraries are tested with."""
    message = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')
    assert headers(message, 1614265330, [base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
