# SPDX-License-Identifier: Apache-2.0
"""A million packets (BRINE_PYTHON_DEEP=1: ten): memory stays flat, and no descriptor is left."""

from __future__ import annotations

import gc
import os
import pathlib
import sys
from typing import Any

import brine
import numpy as np
import pytest
from conftest import DEEP

PACKETS = 10_000_000 if DEEP else 1_000_000


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def anonymous_kib() -> int:
    """Memory of this process without what it shares with files."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0])


def flat(work: Any, rounds: int) -> None:
    """Nothing grows after the first rounds: neither blocks of Python's allocator, nor memory, nor descriptors."""
    rounds = max(rounds, 1000)
    for _ in range(100):
        work()
    gc.collect()
    blocks, memory, open_files = sys.getallocatedblocks(), anonymous_kib(), descriptors()
    for _ in range(rounds):
        work()
    gc.collect()
    assert descriptors() <= open_files  # those of tests before may still be closed
    assert sys.getallocatedblocks() - blocks < 200 + rounds // 4  # caches fill; a leak is one block for each round
    assert anonymous_kib() - memory < 3000


def test_packets(pool: brine.Pool, pipe: brine.Pipe) -> None:
    value = {
        "seq": 1,
        "name": "x" * 50,
        "list": [1, 2.0, (3, None)],
        "big": 2**100,
        "bytes": b"y" * 20,
        5: "five",
        (1, 2): True,
    }
    array = np.arange(100.0)

    def work() -> None:
        packet = pool.packet(value)
        packet["a"] = array
        pipe.put(packet)
        with pipe.get() as got:
            assert got["seq"] == 1 and got["a"][3] == 3
            got["list"][2][0], list(got.items()), got == value, got.get("none"), "x" in got
            np.asarray(got["a"]), got.to_dict(), repr(got)

    flat(work, PACKETS // 20)
    assert pool.info()["packets"] == 1


def test_the_usual_path(pool: brine.Pool, pipe: brine.Pipe) -> None:
    def work() -> None:
        for i in range(100):
            pipe.put({"i": i, "text": "of some length"})
            assert pipe.get()["i"] == i

    flat(work, PACKETS // 100)
    assert pool.info()["packets"] == 1 and pool.info()["committed_bytes"] < 16 << 20


def test_errors(pool: brine.Pool, pipe: brine.Pipe) -> None:
    packet = pool.packet({"a": [1], "x": np.zeros(3)})
    view = np.asarray(packet["x"])

    def work() -> None:
        for call, error in (
            (lambda: pool.packet({"a": {1}}), TypeError),
            (lambda: packet.__setitem__("a", [object()]), TypeError),
            (lambda: packet.__setitem__("new", [object()]), TypeError),
            (lambda: packet["missing"], KeyError),
            (lambda: packet.pop("x"), BufferError),
            (lambda: pipe.get_nowait(), brine.Empty),
            (lambda: pipe.put(packet), BufferError),
            (lambda: packet[[]], TypeError),
            (lambda: pool.connect("none"), brine.NotFoundError),
            (lambda: packet["a"].insert(0, {1}), TypeError),
            (lambda: packet.array("y", 3, "O"), TypeError),
            (lambda: brine.Pool.attach("none"), brine.NotFoundError),
            (lambda: brine.Pool.create(pool.name), brine.ExistsError),
            (lambda: packet["x"].__dlpack__(copy=True), BufferError),
        ):
            with pytest.raises(error):
                call()

    flat(work, PACKETS // 200)
    assert packet["a"] == [1] and "new" not in packet and view.sum() == 0


def test_shares_and_views(pool: brine.Pool, pipe: brine.Pipe) -> None:
    big = np.arange(10000)

    def work() -> None:
        packet = pool.packet({"a": big}).share()
        other = packet.clone()
        view = np.asarray(packet["a"])
        pipe.put(packet)
        pipe.get().close()
        other.close()
        del other
        view[5], np.from_dlpack(pool.packet({"a": big})["a"])[5]
        pool.publish("v", {"a": 1})
        pool.lookup("v")["a"]
        brine.fanout({"x": 1}, [pipe, pipe])
        pipe.get_nowait()
        brine.wait([pipe], 0)

    flat(work, PACKETS // 100)


def test_pools_and_pipes() -> None:
    def work() -> None:
        with brine.Pool.create("again", "16M") as pool:
            with pool.serve("p") as pipe:
                pipe.put({"a": 1})
            second = brine.Pool.attach("again")
            second.connect("p").get()
        brine.Pool.unlink("again")

    flat(work, PACKETS // 200)


def test_descriptors_and_tasks(pool: brine.Pool) -> None:
    import asyncio
    import time

    async def several() -> None:
        for _ in range(5):
            with pool.serve("p", 2) as pipe:
                waiting = asyncio.create_task(pipe.aget(timeout=20))
                await asyncio.sleep(0)
                pipe.put({"a": 1})
                assert (await waiting)["a"] == 1

    def work() -> None:
        asyncio.run(several())

    work()
    before, threads = descriptors(), len(os.listdir("/proc/self/task"))
    for _ in range(PACKETS // 2000):
        work()
    end = time.monotonic() + 20
    while (descriptors(), len(os.listdir("/proc/self/task"))) > (before, threads):  # a thread ends within its slice
        assert time.monotonic() < end
        time.sleep(0.05)
