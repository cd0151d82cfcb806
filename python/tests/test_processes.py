# SPDX-License-Identifier: Apache-2.0
"""Between processes: started in every way, killed; handles that travel; nothing at the end of a process."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from typing import Any

import brine
import numpy as np
import pytest

METHODS = ["fork", "spawn", "forkserver"]


def echo(inbox: brine.Pipe, outbox: brine.Pipe) -> None:
    for packet in inbox:
        packet["pid"] = os.getpid()
        packet["sum"] = float(np.asarray(packet["data"]).sum())
        outbox.put(packet)


@pytest.mark.parametrize("method", METHODS)
def test_pipes_travel(pool: brine.Pool, method: str) -> None:
    context = multiprocessing.get_context(method)
    there, back = pool.serve("there", 4), pool.serve("back", 4)
    child = context.Process(target=echo, args=(pool.connect("there"), pool.connect("back")))
    child.start()
    for i in range(20):
        there.put({"i": i, "data": np.full(10000, i)})
        got = back.get(timeout=30)
        assert got["i"] == i and got["pid"] == child.pid and got["sum"] == 10000 * i
    there.close()
    child.join(30)
    assert child.exitcode == 0


def look(pool: brine.Pool, packet: brine.Packet, key: str) -> tuple[str, Any, bool, int]:
    return pool.name, packet[key], packet.shared, int(np.asarray(packet["a"]).sum())


@pytest.mark.parametrize("method", METHODS)
def test_packets_travel(pool: brine.Pool, method: str) -> None:
    packet = pool.packet({"n": 7, "a": np.arange(10000)})
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as executor:
        results = [executor.submit(look, pool, packet, "n") for _ in range(6)]
        assert {r.result(timeout=60) for r in results} == {(pool.name, 7, True, 49995000)}
    assert packet["n"] == 7 and pool.published() == []


def give(pool: brine.Pool, connection: Any) -> None:
    connection.send(pool.packet({"from": "the dead"}))
    connection.close()


def test_a_packet_in_transit_survives_its_sender(pool: brine.Pool) -> None:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=give, args=(pool, sender))
    child.start()
    child.join(30)
    sender.close()
    pool.reap()
    assert len(pool.published()) == 1
    with receiver.recv() as packet:
        assert packet == {"from": "the dead"} and packet.holders == 1
        packet.own()["mine"] = True
    assert pool.published() == [] and pool.is_pristine


def test_plain_pickles_are_copies(pool: brine.Pool) -> None:
    packet = pool.packet({"a": [1, (2, {"b": None})], "x": np.arange(3)})
    again = pickle.loads(pickle.dumps(packet))
    assert type(again) is dict and again["a"] == [1, (2, {"b": None})] and again["x"].tolist() == [0, 1, 2]
    assert pickle.loads(pickle.dumps(packet["a"])) == [1, (2, {"b": None})]
    assert pool.published() == []
    same = pickle.loads(pickle.dumps(pool))
    assert same.name == pool.name and pickle.loads(pickle.dumps(pool)) is same
    assert pickle.loads(pickle.dumps(pool.serve("p"))).server
    with brine.Pool.create_private("16M") as private, pytest.raises(TypeError, match="private"):
        pickle.dumps(private)
    sent = pickle.dumps(brine.Pool.create("again", "16M"))
    brine.Pool.create("again", "16M", replace=True)
    with pytest.raises(brine.NotHeldError, match="made anew"):
        pickle.loads(sent)
    brine.Pool.unlink("again")


def in_child(function: Any) -> int:
    """Exit code of a forked child that calls the function; negative for a signal."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(30)
            function()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child(pool: brine.Pool, pipe: brine.Pipe) -> None:
    packet = pool.packet({"n": 1, "a": np.arange(10.0)})
    array, tab = packet["a"], packet
    view = np.asarray(array)
    fd = pipe.fileno()

    def child() -> None:
        view.sum()  # shows anything, and does not crash
        for use in (
            lambda: packet["n"],
            lambda: np.asarray(array),
            lambda: tab.clear(),
            packet.share,
            lambda: pipe.put(packet),
        ):
            try:
                use()
            except brine.NotHeldError as error:
                assert "forked" in str(error)
            else:
                raise AssertionError
        assert packet.closed
        packet.close()
        pipe.put({"from": os.getpid()})
        assert pipe.get(timeout=5)["from"] == os.getpid()
        pipe.put({"from": os.getpid(), "parent": os.getppid()})
        assert pipe.fileno() >= 0
        assert sum(p["alive"] for p in pool.participants()) == 2

    assert in_child(child) == 0
    assert pipe.get(timeout=5)["parent"] == os.getpid()
    assert packet["n"] == 1 and view.sum() == 45 and pipe.fileno() == fd
    pool.reap()
    assert sum(p["alive"] for p in pool.participants()) == 1


def test_a_forked_child_that_does_nothing_joins_nothing(pool: brine.Pool, pipe: brine.Pipe) -> None:
    assert in_child(lambda: None) == 0
    assert len(pool.participants()) == 1


def test_what_came_back_in_the_child_is_not_the_parents(pool: brine.Pool, pipe: brine.Pipe) -> None:
    """The same record, held by the child now: the object inherited from the parent stays dead."""
    packet = pool.packet({"n": 1})
    there = multiprocessing.get_context("fork").Event()

    def child() -> None:
        there.wait(20)
        mine = pipe.get(timeout=20)
        assert packet.closed
        packet.close()
        assert mine["n"] == 1

    pid = os.fork()
    if pid == 0:
        try:
            child()
            os._exit(0)
        finally:
            os._exit(1)
    pipe.put(packet)
    there.set()
    assert os.waitpid(pid, 0)[1] == 0


def test_killed_readers_and_writers(pool: brine.Pool) -> None:
    pipe = pool.serve("leased", 4, leases=True)
    code = f"""
import brine, time
pool = brine.Pool.attach({pool.name!r})
packet = pool.connect("leased").get(timeout=20)
print(packet["n"], flush=True)
time.sleep(60)
"""
    pipe.put({"n": 1})
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "1\n"
        child.kill()
    packet = pipe.get(timeout=20)
    assert packet["n"] == 1 and packet.deliveries == 2
    packet.ack()


def test_the_end_of_a_process_leaves_everything(pool: brine.Pool, pipe: brine.Pipe) -> None:
    """No message, no resource tracker, nothing removed; also with views, descriptors and pools open."""
    code = f"""
import asyncio, brine, numpy as np
pool = brine.Pool.attach({pool.name!r})
pipe = pool.connect("p")
pipe.put({{"n": 1}})
pipe.fileno()
kept = pool.packet({{"a": np.arange(10)}})
view = np.asarray(kept["a"])
dl = np.from_dlpack(kept["a"])
leased = pool.serve("other", leases=True)
server = pool.serve("q")
brine.Pool.create("stays", "16M")
loop = asyncio.new_event_loop()
"""
    run = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=30)
    assert run.returncode == 0 and run.stdout == ""
    assert "brine" not in run.stderr.replace("brine-pytest", "")
    assert pipe.get(timeout=5)["n"] == 1
    assert brine.Pool.exists("stays") and not pool.connect("q").ended
    brine.Pool.unlink("stays")
    assert "multiprocessing.resource_tracker" not in run.stderr


def test_many_forks_with_threads_at_work(pool: brine.Pool) -> None:
    import threading

    pipe = pool.serve("p", 4)
    stop = False

    def work() -> None:
        while not stop:
            pipe.put({"a": np.arange(10)}, timeout=20)
            pipe.get(timeout=20)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(20):
            assert in_child(lambda: pool.packet({"x": 1}).close()) == 0
    finally:
        stop = True
        thread.join()


def test_attach_waits_for_the_pool() -> None:
    context = multiprocessing.get_context("fork")
    child = context.Process(target=lambda: brine.Pool.attach("late", timeout=20).serve("p").put({"n": 1}))
    child.start()
    time.sleep(0.25)
    with brine.Pool.create("late", "16M") as pool:
        assert pool.connect("p", timeout=20).get(timeout=20)["n"] == 1
        child.join(20)
    brine.Pool.unlink("late")
