"""A file as ready-cut packets: right at every edge, shared when it may be, never held whole, and lost rather than mixed."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.tftp.blocks import CHUNK, Blocks, Chunk, ContentLost, PacketCache, blocks_a_chunk, netascii, octet, wire_number
from pxeserve.tftp.content import Content
from pxeserve.tftp.reading import reader


def packets(blocks: Blocks, windowsize: int = 1) -> list[bytes]:
    """All packets, a window at a time."""
    found: list[bytes] = []
    while blocks.final is None or len(found) < blocks.final:
        for run in blocks.runs(len(found) + 1, len(found) + windowsize):
            found += [bytes(run[at : at + blocks.stride]) for at in range(0, len(run), blocks.stride)]
    return found


def of(body: bytes, blksize: int = 512, rollover: int = 0, **keep) -> Blocks:
    chunks = octet(lambda at, n: body[at : at + n], len(body), blksize, rollover, keep.get("key"), keep.get("cache", PacketCache()))
    return Blocks(chunks, blksize)


@pytest.mark.parametrize(
    ("rollover", "numbers"), [(0, [65534, 65535, 0, 1]), (1, [65534, 65535, 1, 2])], ids=["to 0", "to 1"]
)
@pytest.mark.quirk("own-rollover")
def test_block_numbers_roll_over(rollover: int, numbers: list[int]) -> None:
    assert [wire_number(block, rollover) for block in range(65534, 65538)] == numbers
    assert wire_number(0, rollover) == 0


@pytest.mark.parametrize("rollover", [0, 1])
def test_packets_around_the_roll_over_carry_those_numbers_and_the_right_bytes(rollover: int) -> None:
    body = os.urandom(8 * 65540)
    cut = packets(of(body, 8, rollover), 64)
    for block in range(65534, 65538):
        assert cut[block - 1] == b"\0\3" + wire_number(block, rollover).to_bytes(2, "big") + body[(block - 1) * 8 : block * 8]
    assert len(cut) == 65541


@given(st.integers(0, 3), st.integers(-2, 2), st.sampled_from([8, 512, 1468, 65464]), st.integers(1, 64))
def test_a_file_of_any_length_comes_whole_with_a_short_last_block(chunks: int, more: int, blksize: int, windowsize: int) -> None:
    body = os.urandom(max(0, chunks * blocks_a_chunk(blksize) * blksize + more))
    blocks = of(body, blksize)
    cut = packets(blocks, windowsize)
    assert b"".join(packet[4:] for packet in cut) == body
    assert [len(packet) - 4 for packet in cut[:-1]] == [blksize] * (len(cut) - 1)
    assert len(cut[-1]) - 4 == blocks.final_size < blksize
    assert blocks.final == len(cut)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"x" * 700, b"y"]), max_size=400), st.sampled_from([8, 512, 1468]))
def test_a_text_travels_with_the_line_ends_of_netascii(parts: list[bytes], blksize: int) -> None:
    body = b"".join(parts)
    blocks = Blocks(netascii(lambda at, n: body[at : at + n], len(body), blksize, 0, 4), blksize)
    sent = b"".join(packet[4:] for packet in packets(blocks, 4))
    assert sent == body.replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


def test_a_window_of_translated_text_can_be_asked_for_again() -> None:
    body = b"line\n" * 60_000
    blocks = Blocks(netascii(lambda at, n: body[at : at + n], len(body), 1468, 0, 64), 1468)
    step = 64
    for first in range(1, 200, step):
        once = [bytes(run) for run in blocks.runs(first, first + step - 1)]
        assert [bytes(run) for run in blocks.runs(first, first + step - 1)] == once


def test_clients_of_one_file_share_its_packets_and_read_it_once() -> None:
    body, reads = os.urandom(200_000), []

    def read(at: int, length: int) -> bytes:
        reads.append(at)
        return body[at : at + length]

    cache = PacketCache()
    for _ in range(3):
        assert b"".join(p[4:] for p in packets(Blocks(octet(read, len(body), 1468, 0, "same", cache), 1468))) == body
    assert len(reads) == len(set(reads))
    other = Blocks(octet(read, len(body), 1024, 0, "same", cache), 1024)
    assert b"".join(p[4:] for p in packets(other)) == body


def test_the_cache_forgets_the_least_recently_used_and_never_grows_beyond_its_bound() -> None:
    cache = PacketCache(100)
    cache.put("a", Chunk(b"x" * 40, ()))
    cache.put("b", Chunk(b"y" * 40, ()))
    assert cache.get("a")
    cache.put("c", Chunk(b"z" * 40, ()))
    cache.put("too large", Chunk(b"w" * 101, ()))
    assert cache.held == 80
    assert [name for name in ("a", "b", "c", "too large") if cache.get(name)] == ["a", "c"]


def test_packets_that_are_in_use_are_found_though_the_cache_has_forgotten_them() -> None:
    cache = PacketCache(100)
    held = Chunk(b"x" * 80, ())
    cache.put("a", held)
    cache.put("b", Chunk(b"y" * 80, ()))
    assert (cache.get("a") is held, cache.held) == (True, 80)
    del held
    assert cache.get("a") is None


def test_a_transfer_holds_on_to_the_packets_that_it_sends_from() -> None:
    body = os.urandom(500_000)
    kept = PacketCache()
    walking = Blocks(octet(lambda at, n: body[at : at + n], len(body), 1468, 0, "same", kept), 1468)
    walking.runs(1, 1)
    kept._chunks.clear()
    reads: list[int] = []

    def read(at: int, length: int) -> bytes:
        reads.append(at)
        return body[at : at + length]

    following = Blocks(octet(read, len(body), 1468, 0, "same", kept), 1468)
    assert following.runs(1, 1) == walking.runs(1, 1)
    assert reads == []


def test_a_big_file_is_read_in_pieces() -> None:
    size, lengths = 800 << 20, []

    def read(_at: int, length: int) -> bytes:
        lengths.append(length)
        return bytes(length)

    blocks = Blocks(octet(read, size, 1468, 0, None, PacketCache()), 1468)
    blocks.runs(1, 1)
    blocks.runs(400_000, 400_063)
    assert max(lengths) <= CHUNK
    assert len(lengths) <= 4


@pytest.fixture
def opened(tmp_path):
    """A file of 300 kB, open as a resolver hands it over."""
    path = tmp_path / "install.img"
    path.write_bytes(os.urandom(300_000))
    fd = os.open(path, os.O_RDONLY)
    yield path, Content(300_000, "test", fd=fd, key="install.img")
    os.close(fd)


def test_a_file_that_is_cut_short_while_it_is_read_is_lost(opened) -> None:
    path, content = opened
    read = reader(content)
    assert len(read(0, 1000)) == 1000
    os.truncate(path, 150_000)
    with pytest.raises(ContentLost):
        read(200_000, 1000)
    with pytest.raises(ContentLost):
        read(0, 1000)


def test_a_file_that_is_rewritten_in_place_is_lost_even_at_the_same_size(opened) -> None:
    path, content = opened
    read = reader(content)
    with path.open("r+b") as file:
        file.write(b"other")
    os.utime(path, ns=(1, 1))
    with pytest.raises(ContentLost):
        read(100_000, 1000)


def test_a_file_that_is_replaced_keeps_its_old_bytes_for_those_who_read_it(opened, tmp_path) -> None:
    path, content = opened
    read, old = reader(content), path.read_bytes()
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "new").replace(path)
    assert read(0, 300_000) == old


def test_a_file_whose_size_is_not_what_was_promised_is_lost_at_once(opened) -> None:
    _, content = opened
    with pytest.raises(ContentLost):
        reader(Content(content.size + 1, "test", fd=content.fd))


def test_a_closed_descriptor_is_a_lost_file_and_no_accident(tmp_path) -> None:
    path = tmp_path / "gone"
    path.write_bytes(b"x" * 10)
    fd = os.open(path, os.O_RDONLY)
    read = reader(Content(10, "test", fd=fd))
    os.close(fd)
    with pytest.raises(ContentLost, match="cannot be read"):
        read(0, 10)


def test_a_run_of_bytes_of_a_larger_file_is_read_from_where_it_begins(opened) -> None:
    path, content = opened
    part = content._replace(size=1000, base=5000, container=300_000)
    read, whole = reader(part), path.read_bytes()
    assert read(0, 1000) == whole[5000:6000]
    assert read(300, 20) == whole[5300:5320]
    with pytest.raises(ContentLost):
        reader(part._replace(container=299_999))
    os.utime(path, ns=(1, 1))
    with pytest.raises(ContentLost):
        read(0, 1000)


@given(st.sampled_from([8, 512, 1468]), st.integers(1, 70), st.integers(0, 255))
def test_the_windows_of_a_lane_are_what_the_long_way_sends_each_with_its_ack(blksize: int, windowsize: int, at: int) -> None:
    body = os.urandom(300 * blksize + 5)
    blocks, other = of(body, blksize), of(body, blksize)
    blocks.runs(1, 1)
    lane = blocks.lane(at + 1, at + 1)
    assert lane is not None
    first = at + 2
    for window, ack in lane.windows(windowsize, blocks.stride):
        last = first + windowsize - 1
        assert b"".join(other.runs(first, last)) == window
        assert ack == b"\0\4" + last.to_bytes(2, "big")
        first += windowsize
    assert len(lane.packets) // blocks.stride < first - 1 + windowsize


def test_transfers_of_one_file_walk_through_the_same_windows_but_keep_only_two_windowsizes() -> None:
    body, cache = os.urandom(2000 * 8), PacketCache()
    lanes = []
    for _ in range(2):
        blocks = of(body, 8, key="same", cache=cache)
        blocks.runs(840, 840)
        lanes.append(blocks.lane(840, 840))  # where windows of 1 to 8 blocks begin
    one, same = (next(lane.windows(1, 12)) for lane in lanes)
    assert one[0] is same[0]
    for windowsize in range(1, 9):
        window, _ = next(lanes[0].windows(windowsize, 12))
        assert len(window) == 12 * windowsize
    assert list(cache.get(("same", 8, 0, 0)).windows) == [1, 2]
