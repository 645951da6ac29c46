"""Templates in a running service, whose user may read neither this checkout nor its interpreter's files: rendered for many at once, and
nothing of it stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.media_samples import make

TEMPLATE = """<installation>
  <primary-disk>{{ answers.primary_disk.device }}</primary-disk>
  <source type="{{ source.type }}">{{ source.address }}</source>
  <root-password type="{{ password.type }}">{{ password.text }}</root-password>
  <admin-interface name="eth0" proto="dhcp"/>
  <hostname>{{ host.name }}</hostname>
  {% include "hooks.j2" %}
</installation>
"""
HOOKS = '{% for stage, address in hooks.items() %}<script stage="{{ stage }}" type="url">{{ address }}</script>{% endfor %}\n'
BOMB = TEMPLATE.replace("{{ host.name }}", "{{ 'x' * 10**9 }}")
HOSTS = 6


def descendants(pid: int) -> list[int]:
    found = []
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(one) for one in child.read_text().split()]
    return found + [one for child in found for one in descendants(child)]


def test_many_ask_at_once_and_no_process_stays(make_service: Callable[[], Any]) -> None:
    service = make_service()
    service.start()
    folder = service.data / "templates"
    (folder / "site.xml.j2").write_text(TEMPLATE)
    (folder / "hooks.j2").write_text(HOOKS)
    (folder / "bomb.xml.j2").write_text(BOMB)
    for file in folder.iterdir():
        file.chmod(0o644)
    make("xcp-8.3", service.folder / "disc")
    assert "result" in service.asked("loaders.import")
    assert "result" in service.asked("media.import", source=str(service.folder / "disc"), name="disc")
    words = ["primary-disk=sda", "template=site.xml.j2", "admin-interface={name: eth0, proto: dhcp}"]
    assert "result" in service.asked("profile.add", name="rack", medium="disc", set=words)
    for number in range(HOSTS):
        own = ["template=bomb.xml.j2"] if number == 0 else []
        mac = f"52:54:00:77:00:0{number}"
        assert "result" in service.asked("host.add", name=f"xen{number}", mac=[mac], profile="rack", set=own)
    before = descendants(service.process.pid)
    with ThreadPoolExecutor(HOSTS) as pool:
        answers = list(pool.map(lambda number: service.asked("answerfile.render", name=f"xen{number % HOSTS}"), range(4 * HOSTS)))
    for number, answer in enumerate(answers):
        if number % HOSTS == 0:
            assert "template bomb.xml.j2 line 6: it takes more than 64 MiB of memory" in answer["error"]["message"]
        else:
            assert f"<hostname>xen{number % HOSTS}</hostname>" in answer["result"]["answerfile"]
    assert descendants(service.process.pid) == before
    owner = os.stat(folder).st_uid
    assert os.stat(f"/proc/{service.children()['console']}").st_uid == owner
