# SPDX-License-Identifier: Apache-2.0
"""Threads at the same objects, with or without a global lock: exceptions that are told of, and nothing worse."""

from __future__ import annotations

import decimal
import os
import pathlib
import re
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import brine
import pytest
from conftest import DEEP

SECONDS = 20.0 if DEEP else 0.7
TOLD = (brine.Error, BufferError, KeyError, IndexError, RuntimeError, ValueError, TypeError)


@pytest.fixture(autouse=True)
def quick_switches() -> Any:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once(*work: Callable[[int], None], seconds: float = SECONDS) -> None:
    """Each in a thread of its own, over and over; what brine tells of is fine, anything else is not."""
    wrong: list[BaseException] = []
    end = time.monotonic() + seconds
    together = threading.Barrier(len(work))

    def run(one: Callable[[int], None]) -> None:
        together.wait()
        n = 0
        while time.monotonic() < end and not wrong:
            n += 1
            try:
                one(n)
            except TOLD:
                pass
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if wrong:
        raise wrong[0]


def test_no_lock_where_there_need_be_none() -> None:
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)
    build_without = "free-threading" in sys.version
    assert enabled() != build_without


# What reads only what never changes, and what is called where no other thread can be.
NEED_NO_LOCK = {
    "array_dlpack_device", "execute", "get_leases", "get_pool", "get_server", "iter_dealloc", "pipe_clear", "pipe_traverse",
    "value_dealloc", "value_packet",
}  # fmt: skip


def test_whatever_python_calls_takes_the_lock() -> None:
    folder = pathlib.Path(os.environ.get("BRINE_SOURCE", pathlib.Path(__file__).parents[2])) / "python" / "src"
    if not folder.is_dir():
        pytest.skip("the sources are not here")
    texts = {file.name: file.read_text() for file in folder.glob("*.c")}
    whole = "\n".join(texts.values())
    called = set(re.findall(r'METHOD\(\s*"\w+",\s*(\w+)', whole)) | set(re.findall(r"SLOT\(([a-z]\w+)\)", whole))
    for pair in re.findall(r'^\s*\{"\w+", (\w+), (\w+),', whole, re.MULTILINE):
        called |= {name for name in pair if name.islower()}
    assert len(called) > 100
    bare = [
        (file, name)
        for file, text in texts.items()
        for name in re.findall(r"^(?:static )?(?:PyObject \*|int |void |Py_ssize_t )(\w+)\([^;]*?\{", text, re.MULTILINE)
        if name in called - NEED_NO_LOCK
    ]
    assert not bare, "these are to be LOCKED (module.h), or NEED_NO_LOCK"


def test_one_packet(pool: brine.Pool) -> None:
    packet = pool.packet({"l": [], "t": {}})

    def write(n: int) -> None:
        packet["t"][f"k{n % 50}"] = {"n": n, "d": decimal.Decimal(n), "s": "x" * (n % 100)}
        packet["l"].append(n)
        if n % 100 == 0:
            packet["l"].clear()

    def delete(n: int) -> None:
        del packet["t"][f"k{n % 50}"]

    def read(n: int) -> None:
        for key, value in packet["t"].items():
            assert key[0] == "k" and value["n"] >= 0
        for value in packet["l"]:
            assert isinstance(value, int)

    def copy(n: int) -> None:
        assert packet.to_dict().keys() == {"l", "t"}
        assert str(packet) and packet == packet

    at_once(write, write, delete, read, copy)
    packet.compact()
    packet.validate()


def test_what_is_put_changes_meanwhile(pool: brine.Pool) -> None:
    shared: dict[Any, Any] = {n: [n] for n in range(30)}
    numbers: list[int] = []
    pipe = pool.serve("p", 8)

    def change(n: int) -> None:
        shared[n % 60] = [n] * (n % 7)
        shared.pop((n * 7) % 60, None)
        numbers.append(n)
        if n % 200 == 0:
            numbers.clear()

    def put(n: int) -> None:
        pipe.put({"d": shared, "l": numbers}, timeout=0.1)

    def get(n: int) -> None:
        with pipe.get(timeout=0.1) as packet:
            assert packet.to_dict().keys() == {"d", "l"}
            packet.validate()

    at_once(change, change, put, get, get)


def test_one_packet_is_given_away_once(pool: brine.Pool) -> None:
    pipe = pool.serve("p", 64)
    packets: list[Any] = [pool.packet({"n": -1})]
    put: list[int] = []
    got: list[int] = []

    def make(n: int) -> None:
        packets[0] = pool.packet({"n": n})

    def give(n: int) -> None:
        packet = packets[0]
        number = packet["n"]
        pipe.put(packet, timeout=0.1)
        put.append(number)

    def give_many(n: int) -> None:
        packet = packets[0]
        number = packet["n"]
        pipe.put_many([packet], timeout=0.1)
        put.append(number)

    def take(n: int) -> None:
        got.extend(packet["n"] for packet in pipe.get_many(8, timeout=0.01))

    at_once(make, give, give_many, give, take)
    while not pipe.empty():
        got.append(pipe.get()["n"])
    assert sorted(got) == sorted(put) and len(set(got)) == len(got)
    packets.clear()
    assert pool.info()["packets"] == 1


def test_arrays_of_one_packet(pool: brine.Pool) -> None:
    packet = pool.packet()
    pipe = pool.serve("p", 4)

    def make(n: int) -> None:
        packet.array("a", n % 3000 + 1, "i4")

    def look(n: int) -> None:
        with memoryview(packet["a"]) as view:
            view[0] = n
            assert view[-1] is not None

    def lose(n: int) -> None:
        del packet["a"]

    def give(n: int) -> None:
        other = pool.packet()
        other.array("a", 10, "i4")
        with memoryview(other["a"]):
            try:
                pipe.put(other, timeout=0)
                raise AssertionError("it was lent")
            except BufferError:
                pass

    at_once(make, look, look, lose, give)
    packet.validate()


def test_pools_are_closed_under_everybody() -> None:
    for _ in range(20):
        pool = brine.Pool.create_private("16M")
        pipe = pool.serve("p", 4)
        packet = pool.packet({"a": list(range(50))})

        def use(n: int, pool: brine.Pool = pool, pipe: brine.Pipe = pipe) -> None:
            pipe.put({"n": n, "d": decimal.Decimal(n)}, timeout=0.01)
            pipe.get(timeout=0.01).to_dict()

        def read(n: int, packet: brine.Packet = packet, pool: brine.Pool = pool) -> None:
            assert packet.to_dict()["a"][7] == 7
            pool.info()
            pool.packet(packet)

        def close(n: int, pool: brine.Pool = pool, pipe: brine.Pipe = pipe) -> None:
            if n > 20:
                pipe.close()
                pool.close()

        at_once(use, use, read, close, seconds=0.05)
        pool.close()
        assert pool.closed and packet.closed and pipe.closed
