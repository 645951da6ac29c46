"""What takes long: begun, watched, stopped, and told of after the process has ended under it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pxeserve.console import jobs
from pxeserve.console.jobs import Bench
from pxeserve.domain.role import Role
from pxeserve.errors import RefusedError
from pxeserve.keys import load_keys
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context, Progress
from pxeserve.repo.sample import make_sample
from pxeserve.store import jobs as stored
from pxeserve.store.jobs import JobRow
from tests.console.api.conftest import Api

PATIENCE = 60.0


class Slow:
    """A verb in place of `media.verify` that does what the test says, when it says so."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Semaphore(0), threading.Event()
        self.calls = 0

    def __call__(self, context: Context, **_: Any) -> list[Any]:
        self.calls += 1
        context.report(Progress(1, 4, "the first quarter"))
        self.begun.release()
        assert self.go_on.wait(PATIENCE)
        context.report(Progress(4, 4, "all of it"))
        return []


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow()
    verbs = dict(registry.verbs())
    verbs["media.verify"] = registry.Verb("media.verify", made, Role.OPERATOR, False, True)
    monkeypatch.setattr(registry, "_verbs", verbs)
    monkeypatch.setattr(jobs, "_STEP", 0.0)
    return made


def ended(api: Api, path: str) -> Any:
    """The job, once it has ended."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while (job := api.get(path).json)["state"] in ("waiting", "running"):
        assert time.monotonic() < deadline, job
        pause.wait(0.02)
    return job


def begun(api: Api, slow: Slow) -> str:
    """Where a job is that has begun."""
    answer = api.post("/media/verify", {})
    assert answer.status_code == 202
    assert slow.begun.acquire(timeout=PATIENCE)
    return answer.headers["Location"].removeprefix("/api/v1")


def test_a_job_tells_how_far_it_is_and_what_came_of_it(site: Api, slow: Slow) -> None:
    where = begun(site, slow)
    job = site.get(where).json
    assert (job["state"], job["done"], job["total"], job["text"]) == ("running", 1, 4, "the first quarter")
    assert job["result"] is None and job["ended_at"] is None
    assert [one["id"] for one in site.get("/jobs?state=running").json["items"]] == [job["id"]]
    slow.go_on.set()
    job = ended(site, where)
    assert (job["state"], job["done"], job["result"], job["problem"]) == ("done", 4, [], None)
    assert job["by"].startswith("operator") or "token" in job["by"]


def test_whoever_waits_hears_the_end_itself(site: Api) -> None:
    answer = site.post("/media/sample/verify?wait=30", {})
    assert answer.status_code == 200
    assert answer.json["result"][0]["state"] == "good"


def test_what_fails_says_why(site: Api) -> None:
    job = site.post("/media?wait=30", {"name": "x", "source": "/nonexistent"}).json
    assert job["state"] == "failed"
    assert "there is no such file or folder" in job["problem"]["message"]


def test_a_job_that_is_wished_to_stop_does_and_leaves_nothing(site: Api, slow: Slow) -> None:
    where = begun(site, slow)
    assert site.post(f"{where}/cancel").json["cancelled_by"]
    slow.go_on.set()
    job = ended(site, where)
    assert job["state"] == "cancelled"
    assert "had it stopped" in job["problem"]["message"]
    assert site.post(f"{where}/cancel").status_code == 409


def test_an_import_that_is_stopped_leaves_nothing(site: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Any) -> None:
    make_sample(tmp_path / "other")
    monkeypatch.setattr(jobs, "_STEP", 0.0)
    real = jobs.Teller.report
    met, go_on = threading.Event(), threading.Event()

    def report(self: jobs.Teller, progress: Progress) -> None:
        met.set()
        assert go_on.wait(PATIENCE)
        real(self, progress)

    monkeypatch.setattr(jobs.Teller, "report", report)
    where = site.post("/media", {"name": "other", "source": str(tmp_path / "other")}).headers["Location"].removeprefix("/api/v1")
    assert met.wait(PATIENCE)
    site.post(f"{where}/cancel")
    go_on.set()
    assert ended(site, where)["state"] == "cancelled"
    assert site.get("/media/other").status_code == 404
    assert site.get("/imports").json["items"] == []
    assert not list((console.config.server.data / "media").glob(".staging-*"))


def test_one_that_waits_is_stopped_before_it_begins(site: Api, slow: Slow) -> None:
    running = [begun(site, slow) for _ in range(jobs.SIDE_BY_SIDE)]
    waits = site.post("/media/verify", {}).headers["Location"].removeprefix("/api/v1")
    assert site.get(waits).json["state"] == "waiting"
    site.post(f"{waits}/cancel")
    slow.go_on.set()
    assert ended(site, waits)["state"] == "cancelled"
    assert [ended(site, one)["state"] for one in running] == ["done"] * jobs.SIDE_BY_SIDE
    assert slow.calls == jobs.SIDE_BY_SIDE


def test_more_than_can_wait_are_turned_away(site: Api, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST", 2)
    places = [begun(site, slow) for _ in range(2)]
    assert site.post("/media/verify", {}).status_code == 503
    slow.go_on.set()
    assert {ended(site, one)["state"] for one in places} == {"done"}


def test_a_viewer_begins_none_and_sees_no_result_of_what_he_might_not_ask(site: Api, viewer: Api) -> None:
    assert viewer.post("/media/sample/verify", {}).status_code == 403
    where = site.post("/media/sample/verify?wait=30", {}).headers["Location"].removeprefix("/api/v1")
    assert site.get(where).json["result"]
    seen = viewer.get(where).json
    assert (seen["state"], seen["result"]) == ("done", None)
    own = viewer.post("/answerfiles/check?wait=30", {}).json
    assert own["result"][0]["host"] == "xen01"


def test_a_viewer_stops_his_own_and_nobody_elses(site: Api, viewer: Api, slow: Slow) -> None:
    where = begun(site, slow)
    assert viewer.post(f"{where}/cancel").status_code == 403
    slow.go_on.set()
    ended(site, where)


def _left(console: Any, verb: str, arguments: dict[str, Any], attempts: int = 1) -> str:
    row = JobRow("0" * 16, verb, "what was left", arguments, "ada", int(Role.OPERATOR), "running", time.time(), attempts=attempts)
    with console.store.site.write() as connection:
        stored.add(connection, jobs._sealed(row, load_keys(console.config.server.data).seal))
    return f"/jobs/{row.id}"


def test_after_a_restart_a_job_is_told_as_interrupted(site: Api, console: Any) -> None:
    where = _left(console, "media.verify", {"everything": True})
    Bench(console.store).take_up(console.config, None)
    job = site.get(where).json
    assert job["state"] == "interrupted"
    assert job["problem"]["code"] == "interrupted"


def test_after_a_restart_an_import_goes_on_by_itself(site: Api, console: Any, tmp_path: Path) -> None:
    make_sample(tmp_path / "other")
    where = _left(console, "media.import", {"name": "other", "source": str(tmp_path / "other")})
    Bench(console.store).take_up(console.config, None)
    assert ended(site, where)["state"] == "done"
    assert site.get("/media/other").json["state"] == "good"


def test_what_an_import_was_asked_for_is_kept_where_nobody_reads_it(site: Api, console: Any) -> None:
    site.post("/media?wait=30", {"name": "far", "source": "http://127.0.0.1:9/x.iso?token=zq0123456789"})
    with console.store.site.read() as connection:
        row = next(one for one in stored.listed(connection, None, 1))
    assert (row.verb, row.about) == ("media.import", "medium far")
    assert "zq0123456789" not in str(row)


def test_what_cannot_be_opened_any_more_is_told_as_that(site: Api, console: Any) -> None:
    where = _left(console, "media.import", {"name": "other", "source": "/x"})
    (console.config.server.data / "keys" / "seal.key").write_bytes(bytes(32))
    Bench(console.store).take_up(console.config, None)
    job = site.get(where).json
    assert (job["state"], "keys/seal.key" in job["problem"]["fix"]) == ("interrupted", True)


def test_an_import_under_which_the_process_ends_again_and_again_is_given_up(site: Api, console: Any) -> None:
    where = _left(console, "media.import", {"name": "other", "source": "/x"}, attempts=3)
    Bench(console.store).take_up(console.config, None)
    assert "3 times" in site.get(where).json["problem"]["message"]


def test_a_job_that_fails_unforeseen_names_an_incident(site: Api, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setitem(registry._verbs, "media.verify", registry.Verb("media.verify", broken, Role.OPERATOR, False, True))
    job = site.post("/media/verify?wait=30", {}).json
    assert (job["state"], job["problem"]["code"]) == ("failed", "internal")
    assert "incident" in job["problem"]["message"] and "secret" not in str(job)


def test_an_ended_job_is_forgotten_after_a_week(site: Api, console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.post("/media/sample/verify?wait=30", {})
    later = time.time() + jobs.KEPT + 60
    monkeypatch.setattr(jobs.time, "time", lambda: later)
    fresh = site.post("/media/sample/verify?wait=30", {}).json["id"]
    assert [one["id"] for one in site.get("/jobs").json["items"]] == [fresh]


def test_who_may_not_ask_begins_nothing(console: Any) -> None:
    context = Context(console.config, console.store, Actor("eve", Role.VIEWER, "token"), lambda _: None)
    with pytest.raises(RefusedError, match=r"media\.verify wants the role operator"):
        Bench(console.store).begin(context, "media.verify", {}, "")
    with console.store.site.read() as connection:
        assert [row for row in stored.listed(connection, None, 10) if row.actor == "eve"] == []


def test_a_token_that_is_limited_leaves_nothing_behind_to_be_taken_up_without_its_limit(console: Any) -> None:
    limited = Api(console.as_token(Role.OPERATOR, hosts=("xen01",)))
    answer = limited.post("/media", {"name": "x", "source": "/nonexistent"})
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    with console.store.site.read() as connection:
        assert not [row for row in stored.listed(connection, None, 10) if row.arguments.get("source") == "/nonexistent"]
