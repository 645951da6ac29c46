"""How long an answerfile takes to be linted, an ordinary one and one full of mistakes, for every generation, in this process."""

from __future__ import annotations

import argparse
import sys
import time
from statistics import median

from bench import rendering
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.lint import lint

LIMIT = 0.020
"""Seconds for an ordinary file."""
ORDINARY = b"""<?xml version="1.0"?>
<installation mode="fresh" srtype="ext">
  <primary-disk gueststorage="yes">disk/by-id/ata-one</primary-disk>
  <guest-disk>disk/by-id/ata-two</guest-disk>
  <keymap>us</keymap>
  <root-password>s3cretword</root-password>
  <source type="url">http://192.0.2.1/media/disc</source>
  <admin-interface name="eth0" proto="static">
    <ip>192.0.2.11</ip><subnet-mask>255.255.255.0</subnet-mask><gateway>192.0.2.1</gateway>
  </admin-interface>
  <nameserver>192.0.2.1</nameserver>
  <hostname>xen01</hostname>
  <ntp-servers>ntp.example.com</ntp-servers>
  <timezone>Europe/London</timezone>
  <post-install-script>http://192.0.2.1/hook</post-install-script>
</installation>
"""
WRONG = ORDINARY.replace(b"keymap>", b"keymaps>").replace(b"ip>", b"ipp>").replace(b"gueststorage", b"guest_storage")


def main() -> int:
    """Measure, print, and tell whether the limit is held."""
    parser = argparse.ArgumentParser(prog="bench/run answerfiles")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--hosts", type=int, default=rendering.HOSTS)
    given = parser.parse_args()
    rounds = given.rounds
    slowest = 0.0
    print(f"milliseconds a file, linted {rounds} times: median and worst   (ordinary | full of mistakes)")
    for name, dialect in DIALECTS.items():
        shown = []
        for text in (ORDINARY, WRONG):
            taken = []
            for _ in range(rounds):
                began = time.perf_counter()
                lint(text, dialect)
                taken.append(time.perf_counter() - began)
            slowest = max(slowest, median(taken))
            shown.append(f"{median(taken) * 1000:7.2f} {max(taken) * 1000:7.2f}")
        print(f"{name:8} {' | '.join(shown)}")
    held = slowest < LIMIT
    print(f"{'held' if held else 'MISSED'}: a file is linted in less than {LIMIT * 1000:g} ms")
    return 0 if rendering.held(given.hosts) and held else 1


if __name__ == "__main__":
    sys.exit(main())
