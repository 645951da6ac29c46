"""One hook on its way through the record, whatever the other side does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading

import pytest

from pxeserve.events.recorder import SOCKET_NAME
from pxeserve.outlets.webhooks.hook import DAY, LONGEST_WAIT, wait_after
from pxeserve.store import webhooks as stored
from tests.outlets.webhooks.receiving import (
    NOW,
    SECRET,
    Post,
    Step,
    cut,
    drip,
    ended_behind_its_back,
    hang,
    status,
    until_idle,
)


def test_what_happens_is_posted_in_its_order_in_the_documented_shape(post: Post) -> None:
    post.happens("before it began")
    hook = post.hook()
    post.happens("first", "second")
    post.happens("of no interest", kind="dhcp.ack")
    until_idle(hook)
    assert post.receiver.texts() == ["first", "second"]
    headers, body = post.receiver.got[0]
    told = json.loads(body)
    assert list(told) == ["delivery", "id", "at", "time", "kind", "host", "mac", "address", "install", "session", "text", "data"]
    assert (told["id"], told["at"], told["time"]) == (2, NOW, "2027-01-15T08:00:00.000Z")
    assert (told["kind"], told["host"]) == ("install.done", "xen01")
    assert headers["webhook-id"] == told["delivery"] == f"evt_{post.row().stream}_2"
    assert headers["Content-Type"] == "application/json"
    assert (post.row().cursor, post.row().delivered, post.row().refused) == (3, 2, 0)


def test_a_receiver_can_prove_who_posted_by_the_specification(post: Post) -> None:
    hook = post.hook()
    post.happens("x")
    until_idle(hook)
    headers, body = post.receiver.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    proof = base64.b64encode(hmac.new(base64.b64decode(SECRET), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{proof}"
    assert headers["webhook-timestamp"] == str(int(NOW))


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (status(500, b"out of order"), "answered 500"),
        (status(404), "answered 404"),
        (cut, "hung up without an answer"),
        (status(302, Location="/elsewhere"), "redirects are not followed"),
    ],
)
def test_what_was_not_taken_is_posted_again_with_the_same_id_before_anything_else(post: Post, step: Step, says: str) -> None:
    hook = post.hook()
    post.receiver.script.extend([step, step])
    post.happens("first", "second")
    hook.turn()
    assert (post.row().attempts, post.row().failing_since) == (1, NOW)
    assert says in post.row().last_result
    until_idle(hook)
    assert post.receiver.texts() == ["first", "first", "first", "second"]
    assert len(set(post.receiver.ids()[:3])) == 1
    assert post.row().failing_since is None
    assert (post.row().delivered, post.row().refused, post.row().attempts) == (2, 2, 0)


def test_who_hangs_is_given_up_in_time_and_tried_again(post: Post) -> None:
    hook = post.hook(patience=0.3)
    post.receiver.script.append(hang)
    post.happens("first")
    until_idle(hook)
    assert post.receiver.texts() == ["first", "first"]


def test_who_answers_a_byte_at_a_time_is_given_up_too(post: Post) -> None:
    hook = post.hook(longest=0.5)
    post.receiver.script.append(drip)
    post.happens("first")
    hook.turn()
    said = post.row().last_result
    until_idle(hook)
    assert post.receiver.texts() == ["first", "first"]
    assert post.row().refused == 1
    assert "no answer in time" in said


def test_a_long_answer_is_not_read(post: Post) -> None:
    hook = post.hook()
    post.receiver.script.append(status(200, b"x" * 5_000_000))
    post.happens("first", "second")
    until_idle(hook)
    assert post.row().delivered == 2
    assert post.receiver.connections == 2


def test_the_connection_is_kept_and_its_end_behind_our_back_is_no_failure(post: Post) -> None:
    hook = post.hook()
    post.receiver.script.extend([status(200), status(200), ended_behind_its_back])
    post.happens("1", "2", "3", "4", "5")
    until_idle(hook)
    assert post.receiver.texts() == ["1", "2", "3", "4", "5"]
    assert post.receiver.connections == 2
    assert post.row().refused == 0


def test_a_hook_that_ends_while_the_other_side_hangs_does_not_wait_for_it(post: Post) -> None:
    hook = post.hook()
    post.receiver.script.append(hang)
    post.happens("first")
    thread = threading.Thread(target=hook.turn)
    thread.start()
    while not post.receiver.got:
        thread.join(0.01)
    hook.close()
    thread.join(30)
    assert not thread.is_alive()
    assert post.row().refused == 0  # which says nothing about the other side


def test_a_crash_between_answer_and_cursor_posts_again_with_the_same_id(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = post.hook()
    post.happens("first", "second")
    with monkeypatch.context() as patched:
        patched.setattr(stored, "change", _power_cut)
        with pytest.raises(KeyboardInterrupt):
            hook.turn()
    until_idle(post.hook())
    assert post.receiver.texts() == ["first", "first", "second"]
    assert len(set(post.receiver.ids())) == 2


def _power_cut(*_: object) -> None:
    raise KeyboardInterrupt


def test_attempts_and_pauses_outlive_the_process(post: Post) -> None:
    hook = post.hook()
    post.receiver.script.append(status(503, Retry_After="120"))
    post.happens("first")
    hook.turn()
    assert post.row().again_at == NOW + 120
    again = post.hook()
    assert again.turn() > 0
    assert len(post.receiver.got) == 1
    post.now += 121
    until_idle(again)
    assert post.receiver.texts() == ["first", "first"]


def test_a_clock_that_is_set_back_holds_nothing_up(post: Post) -> None:
    hook = post.hook()
    post.receiver.script.append(status(503, Retry_After="3600"))
    post.happens("first")
    hook.turn()
    post.now -= 10 * DAY
    until_idle(hook)
    assert post.receiver.texts() == ["first", "first"]


def test_what_is_too_much_is_given_up_the_oldest_first_and_that_is_told(post: Post) -> None:
    hook = post.hook(most_waiting=3)
    post.receiver.script.append(status(500))
    post.happens(*(f"{number}" for number in range(8)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as worker:
        worker.bind(str(post.folder / "run" / SOCKET_NAME))
        until_idle(hook)
        told = json.loads(worker.recv(65536))["event"]
    assert post.receiver.texts() == ["0", "5", "6", "7"]
    assert (post.row().dropped, post.row().delivered) == (5, 3)
    assert (told["kind"], told["data"]) == ("webhook.dropped", {"webhook": "chat", "count": 5, "after": 0, "last": 5})
    assert "answered 500" in told["text"]


def test_after_a_day_in_vain_old_events_are_given_up_and_young_ones_are_not(post: Post) -> None:
    hook = post.hook()
    post.happens("old", "old too")
    post.happens("young", at=NOW + DAY)
    post.receiver.script.extend([status(500)] * 2)
    hook.turn()
    post.now += DAY
    hook.turn()
    assert post.row().dropped == 0
    post.receiver.script.append(status(500))
    post.now += 60
    hook.turn()
    assert post.row().dropped == 2
    until_idle(hook)
    assert post.receiver.texts() == ["old", "old", "old", "young"]


def test_events_of_a_weekend_are_posted_when_nobody_had_failed(post: Post) -> None:
    hook = post.hook()
    post.happens("friday")
    post.now += 3 * DAY
    until_idle(hook)
    assert post.receiver.texts() == ["friday"]


def test_what_webhooks_tell_the_record_is_posted_by_none(post: Post) -> None:
    hook = post.hook(events=("*",))
    post.happens("given up", kind="webhook.dropped")
    post.happens("lent", kind="dhcp.ack")
    until_idle(hook)
    assert post.receiver.texts() == ["lent"]


def test_kinds_are_chosen_by_name_or_by_beginning(post: Post) -> None:
    hook = post.hook(events=("install.failed", "doctor.*"))
    for kind in ("install.failed", "install.failed.x", "install.done", "doctor.dhcp", "doctors", "doctor"):
        post.happens(kind, kind=kind)
    until_idle(hook)
    assert post.receiver.texts() == ["install.failed", "doctor.dhcp"]


def test_a_record_full_of_other_things_is_not_read_again_by_the_next_process(post: Post) -> None:
    hook = post.hook()
    post.happens(*("noise",) * 1500, kind="dhcp.discover")
    until_idle(hook)
    assert post.row().cursor == 1500
    post.happens("first")
    until_idle(post.hook())
    assert post.receiver.texts() == ["first"]


def test_pauses_grow_and_are_not_alike() -> None:
    assert all(0.5 <= wait_after(1) <= 1 for _ in range(100))
    assert all(LONGEST_WAIT / 2 <= wait_after(attempts) <= LONGEST_WAIT for attempts in (11, 100, 10_000))
    assert len({wait_after(5) for _ in range(100)}) > 50
