"""The habits of TFTP clients; what goes by each names it where it does."""

from __future__ import annotations

from pxeserve.domain.quirk import Quirk

QUIRKS: tuple[Quirk, ...] = (
    Quirk(
        "probe-abort",
        "the first request asks for the size only and is ended with ERROR 8 (or 0) after the OACK",
        "recorded as `aborted-probe`, which is no failure",
        "OVMF 2022.11, on our own wire (ERROR 8); ERROR 0 is a precaution",
        ("tftp/test_transfer.py",),
    ),
    Quirk(
        "every-miss-answered",
        "a loader tries nine names before `default`",
        "each miss is an ERROR 1 at once, since silence would cost a second each",
        "pxelinux 6.04, on our own wire",
        ("tftp/test_server.py",),
    ),
    Quirk(
        "long-ack",
        "an ACK may be padded and an ERROR's text may lack its NUL",
        "both are read; a request must be exact",
        "not captured here",
        ("tftp/test_packet.py",),
        precaution=True,
    ),
    Quirk(
        "impatient-nobody",
        "clients wait 1 to 5 s before they repeat anything",
        "the server's own timer, from the client's round trips, decides how fast a bad cable is; a repeated ACK never moves that timer",
        "curl, tftp-hpa, atftp on a lossy cable",
        ("tftp/test_cable.py",),
    ),
    Quirk(
        "atftp-acks-once",
        "atftp acknowledges a repeated block once and then waits for 5 s of silence",
        "after five unanswered repeats the server is silent for 6 s, or for longer than the client says that it waits",
        "atftp 0.8 on a lossy cable",
        ("tftp/test_cable.py", "faults/test_bad_cable.py"),
    ),
    Quirk(
        "blksize-frame",
        "a block larger than an Ethernet frame holds is asked for: one lost fragment loses the block",
        "1468 is granted",
        "RFC 2348; every client that was tried takes it",
        ("tftp/test_options.py",),
    ),
    Quirk(
        "tsize-zero",
        "curl takes `tsize 0` for an error, so an empty file fails there unless it asks without options",
        "the answer stays the true one",
        "curl 7.88",
        ("interop/test_tftp_clients.py",),
    ),
    Quirk(
        "own-rollover",
        "a client asks `rollover=1`",
        "after block 65535 comes 0, or 1 for that client",
        "tftp-hpa's option",
        ("tftp/test_blocks.py",),
    ),
    Quirk(
        "same-port-again",
        "a ROM that starts over asks from the same port",
        "within a second of progress that is a late copy, later it is a new transfer",
        "all captured clients take a fresh port",
        ("tftp/test_server.py",),
        precaution=True,
    ),
)
