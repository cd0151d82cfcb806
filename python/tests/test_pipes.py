# SPDX-License-Identifier: Apache-2.0
"""Pipes within one process: queue.Queue's names and exceptions, ends, leases, fan-out, waits, signals."""

from __future__ import annotations

import _thread
import contextlib
import gc
import os
import queue
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import brine
import numpy as np
import pytest


def test_in_and_out(pool: brine.Pool, pipe: brine.Pipe) -> None:
    assert (pipe.qsize(), pipe.empty(), pipe.full(), pipe.capacity, pipe.name) == (0, True, False, 8, "p")
    packet = pool.packet({"n": 1})
    pipe.put(packet)
    assert packet.closed and pipe.qsize() == 1
    pipe.put({"n": 2}, timeout=1)
    pipe.put_nowait([3])
    pipe.put("four", block=False)
    pipe.put(pool.packet({"n": {"n": 5}})["n"])
    assert [
        pipe.get()["n"],
        pipe.get(timeout=1)["n"],
        pipe.get_nowait().root[0],
        pipe.get(False).root,
        pipe.get(True, 1)["n"],
    ] == [1, 2, 3, "four", 5]
    assert pipe.empty()


def test_full_and_empty(pool: brine.Pool) -> None:
    pipe = pool.serve("small", 1)
    for call in (
        lambda: pipe.get(timeout=0.01),
        pipe.get_nowait,
        lambda: pipe.get(block=False),
        lambda: pipe.get(timeout=0),
    ):
        with pytest.raises(brine.Empty) as empty:
            call()
        assert isinstance(empty.value, queue.Empty) and "small" in str(empty.value)
    pipe.put({})
    packet = pool.packet({"mine": 1})
    for call in (
        lambda: pipe.put(packet, timeout=0.01),
        lambda: pipe.put_nowait(packet),
        lambda: pipe.put({"x": 1}, block=False),
    ):
        with pytest.raises(brine.Full) as full:
            call()
        assert isinstance(full.value, queue.Full)
    assert packet["mine"] == 1 and not packet.closed
    assert pool.info()["packets"] == 3  # the ring, the one inside, and mine
    with pytest.raises(ValueError, match="non-negative"):
        pipe.get(timeout=-1)
    with pytest.raises(TypeError):
        pipe.get(timeout="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        pipe.get(1, 2, 3)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        pipe.get(nonsense=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        pipe.put()  # type: ignore[call-arg]


def test_ends(pool: brine.Pool) -> None:
    reader = None
    with pool.serve("s") as server:
        reader = pool.connect("s")
        server.put({"n": 1})
        server.put({"n": 2})
    assert server.closed and reader.ended and not reader.closed
    assert [p["n"] for p in reader] == [1, 2]
    with pytest.raises(brine.ShutDown) as ended:
        reader.get()
    assert isinstance(ended.value, EOFError)
    if sys.version_info >= (3, 13):
        assert isinstance(ended.value, queue.ShutDown)
    with pytest.raises(brine.ShutDown):
        reader.put({})
    for use in (
        server.get,
        server.qsize,
        server.fileno,
        lambda: server.put(1),
        lambda: next(iter(server)),
        lambda: server.name,
    ):
        with pytest.raises(ValueError, match="closed"):
            use()
    server.close()
    with pool.serve("s") as again:
        again.put({"n": 3})
        assert reader.get()["n"] == 3
        again.detach()
        assert not reader.ended


def test_dropping_a_server_does_not_end_the_stream(pool: brine.Pool) -> None:
    server = pool.serve("s")
    reader = pool.connect("s")
    del server
    gc.collect()
    assert not reader.ended


def test_a_stream_that_broke_off_has_not_ended(pool: brine.Pool) -> None:
    with contextlib.suppress(RuntimeError), pool.serve("s") as pipe:
        pipe.put({"n": 1})
        raise RuntimeError
    assert pipe.closed
    reader = pool.connect("s")
    assert not reader.ended and reader.get()["n"] == 1
    with pool.serve("s") as pipe:
        pipe.put({"n": 2})
    assert [packet["n"] for packet in reader] == [2]


def test_a_packet_of_another_pool(pool: brine.Pool, pipe: brine.Pipe) -> None:
    with brine.Pool.create_private("16M") as other:
        packet = other.packet({"a": 1})
        with pytest.raises(brine.OtherPoolError, match="another pool"):
            pipe.put(packet)
        assert packet["a"] == 1
        pipe.put(packet.copy(pool))
    assert pipe.get() == {"a": 1}


def test_after_being_given_away(pool: brine.Pool, pipe: brine.Pipe) -> None:
    packet = pool.packet({"t": {"a": 1}, "x": np.zeros(10)})
    tab, array, keys = packet["t"], packet["x"], iter(packet)
    pipe.put(packet)
    for use in (
        lambda: packet["t"],
        lambda: tab["a"],
        lambda: np.asarray(array),
        lambda: next(keys),
        lambda: pipe.put(packet),
        packet.share,
        lambda: packet == tab,
    ):
        with pytest.raises((brine.NotHeldError, BufferError)):
            use()
    back = pipe.get()  # the same packet, in this same process: what was got before stays dead
    with pytest.raises(brine.NotHeldError):
        tab["a"]
    assert back["t"] == {"a": 1}
    assert "closed or given away" in repr(packet)
    packet.close()
    assert back["t"] == {"a": 1}


# ---- leases ----


def test_leases(pool: brine.Pool) -> None:
    pipe = pool.serve("leased", leases=True)
    assert pipe.leases
    pipe.put({"n": 1})
    packet = pipe.get()
    assert packet.deliveries == 1 and pipe.info()["leased"] == 1
    with pytest.raises(brine.LeasedError):
        packet["n"] = 2
    packet.nack()
    assert packet.closed
    packet = pipe.get()
    assert packet.deliveries == 2
    packet.ack()
    packet["n"] = 2
    assert packet.deliveries == 0 and pipe.info()["leased"] == 0


def test_what_to_call_is_named_as_here(pool: brine.Pool) -> None:
    pipe = pool.serve("leased", leases=True)
    pipe.put({"n": 1})
    with pipe.get(timeout=5) as packet:
        for change in (packet.own, packet.share, packet.compact, lambda: packet.update(n=2)):
            with pytest.raises(brine.LeasedError, match=r" ack\(\) "):
                change()
        packet.ack()
        with pytest.raises(brine.SharedError, match=r"; own\(\) gives"):
            packet.share().update(n=2)
        assert packet.own()["n"] == 1


def test_leases_end_with_their_block(pool: brine.Pool) -> None:
    pipe = pool.serve("leased", leases=True)
    pipe.put({"n": 1, "a": np.arange(10)})
    with pytest.raises(ZeroDivisionError), pipe.get() as packet:
        1 / 0
    with pytest.raises(ZeroDivisionError), pipe.get() as packet:
        view = np.asarray(packet["a"])  # given back when nothing looks into it any more
        1 / 0
    assert pipe.empty() and view[9] == 9
    del view
    packet = pipe.get()
    assert packet.deliveries == 3
    del packet  # nobody was done with it
    with pipe.get() as packet:
        assert packet.deliveries == 4
    with pytest.raises(brine.Empty):
        pipe.get_nowait()
    pipe.put({"n": 2})
    packet = pipe.get()
    packet.close()  # done
    assert pipe.empty() and pool.info()["packets"] == 1


def test_dead_letters(pool: brine.Pool) -> None:
    pipe = pool.serve("work", leases=True, max_deliveries=2, dead_letter="dead")
    pipe.put({"n": 1})
    for _ in range(2):
        pipe.get().nack()
    assert pipe.empty() and pool.connect("dead").get()["n"] == 1
    with pytest.raises(brine.MismatchError):
        pool.serve("work", leases=True, max_deliveries=3, dead_letter="dead")


def test_passing_a_leased_packet_on(pool: brine.Pool) -> None:
    first, second = pool.serve("first", leases=True), pool.serve("second")
    first.put({"n": 1})
    packet = first.get()
    second.put(packet)
    assert packet.closed and second.get()["n"] == 1 and first.info()["leased"] == 0


# ---- several ----


def test_wait(pool: brine.Pool) -> None:
    a, b, c = (pool.serve(name, 1) for name in "abc")
    assert brine.wait([a, b], timeout=0) == [] == brine.wait([a, b], timeout=0.15)
    b.put({})
    assert brine.wait([a, b], timeout=5) == [b]
    assert brine.wait([a], writers=[b, c]) == [c]
    a.put({})
    assert brine.wait((p for p in (a, b)), timeout=None) == [a, b]
    assert brine.wait([]) == []
    with pytest.raises(TypeError):
        brine.wait([1])  # type: ignore[list-item]
    with pytest.raises(ValueError):
        brine.wait([pool.serve(f"x{i}") for i in range(129)])
    c.close()
    with pytest.raises(ValueError, match="closed"):
        brine.wait([a, c])


def test_fanout(pool: brine.Pool) -> None:
    pipes = [pool.serve(name, 1) for name in "abc"]
    packet = pool.packet({"n": 1})
    assert brine.fanout(packet, pipes) == [True] * 3
    assert packet.closed
    got = [p.get() for p in pipes]
    assert [g["n"] for g in got] == [1, 1, 1] and got[0].holders == 3
    pipes[1].put({})
    with pytest.raises(brine.Full):
        brine.fanout({"n": 2}, pipes, timeout=0.15)
    assert [p.qsize() for p in pipes] == [1, 1, 1]
    pipes[0].get()
    assert brine.fanout({"n": 3}, pipes, "drop_newest") == [True, False, False]
    assert brine.fanout({"n": 3}, pipes, "drop_newest", timeout=0.15) == [False, False, False]
    assert brine.fanout({"n": 4}, pipes, policy="drop_oldest") == [True] * 3
    assert [p.get()["n"] for p in pipes] == [4, 4, 4]
    for wrong in (lambda: brine.fanout({}, []), lambda: brine.fanout({}, pipes, "nonsense")):  # type: ignore[arg-type]
        with pytest.raises(ValueError):
            wrong()
    del got
    pool.connect("a")
    pipes[0].close()
    closed = pool.connect("a")
    pipes[1].put({})
    with pytest.raises(brine.ShutDown):
        brine.fanout({"n": 5}, [closed, *pipes[1:]], timeout=0.15)
    assert pipes[2].get()["n"] == 5
    pipes[1].get()
    assert pool.info()["packets"] == 3


def test_descriptors(pool: brine.Pool) -> None:
    pipe = pool.serve("d", 2)
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    assert poll.poll(150) == []
    for _ in range(3):
        timer = threading.Timer(0.02, lambda: pipe.put({"n": 1}))
        timer.start()
        assert poll.poll(5000)
        pipe.put({"n": 2})
        assert pipe.get()["n"] == 1 and poll.poll(5000) and pipe.get()["n"] == 2
        timer.join()
        assert poll.poll(50) == []
    room = pipe.writable_fileno()
    assert select.select([room], [], [], 5)[0]
    pipe.put({})
    pipe.put({})
    assert select.select([room], [], [], 0.05)[0] == []
    pool.connect("d").get()
    assert select.select([room], [], [], 5)[0]
    pipe.get()
    with pytest.raises(brine.Empty):
        pipe.get_nowait()
    pipe.close()
    assert not os.path.exists(f"/proc/self/fd/{room}") or wait_until(
        lambda: not os.path.exists(f"/proc/self/fd/{room}")
    )


def wait_until(condition: Any) -> bool:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
    return True


def test_a_descriptor_says_that_the_stream_ended(pool: brine.Pool) -> None:
    server = pool.serve("d")
    reader = pool.connect("d")
    fd = reader.fileno()
    server.close()
    assert select.select([fd], [], [], 5)[0]
    with pytest.raises(brine.ShutDown):
        reader.get_nowait()


# ---- waits ----


@contextlib.contextmanager
def in_thread(function: Any) -> Iterator[list[Any]]:
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(function())
        except BaseException as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.05)
    yield result
    thread.join(20)
    assert not thread.is_alive()


def test_a_wait_lets_other_threads_run(pool: brine.Pool, pipe: brine.Pipe) -> None:
    with in_thread(pipe.get) as got:
        assert not got
        pipe.put({"n": 1})
    assert got[0]["n"] == 1
    for _ in range(8):
        pipe.put({})
    with in_thread(lambda: pipe.put({"last": 1})) as put:
        pipe.get()
    assert put == [None]


def test_closing_ends_waits(pool: brine.Pool) -> None:
    pipe = pool.serve("w")
    waits = [pipe.get, lambda: next(pipe), lambda: brine.wait([pipe])]
    with contextlib.ExitStack() as stack:
        results = [stack.enter_context(in_thread(w)) for w in waits]
        pipe.close()
    assert all(isinstance(r[0], ValueError) for r in results), results
    other = brine.Pool.create_private("16M")
    waiting = other.serve("w")
    with in_thread(waiting.get) as got, in_thread(lambda: other.connect("none", timeout=30)) as connected:
        other.close()
    assert isinstance(got[0], ValueError) and isinstance(connected[0], ValueError)
    assert not other.mapped


def test_interrupting(pool: brine.Pool, pipe: brine.Pipe) -> None:
    for interrupt in (pipe.interrupt, pool.interrupt):
        with in_thread(pipe.get) as got:
            interrupt()
        assert isinstance(got[0], brine.WaitInterruptedError) and isinstance(got[0], InterruptedError)


def test_a_packet_that_is_being_put_is_nobody_elses(pool: brine.Pool) -> None:
    pipe = pool.serve("one", 1)
    pipe.put({})
    packet = pool.packet({"a": np.zeros(3)})
    with in_thread(lambda: pipe.put(packet, timeout=0.5)) as put:
        with pytest.raises(brine.NotHeldError, match="another thread"):
            packet["a"]
        packet.close()
        with pytest.raises(brine.NotHeldError):
            pipe.put_nowait(packet)
    assert isinstance(put[0], brine.Full) and packet["a"].tolist() == [0, 0, 0]


def test_control_c(pool: brine.Pool) -> None:
    """Ends every kind of wait, by KeyboardInterrupt."""
    pipe = pool.serve("one", 1)
    waits = {
        "get": pipe.get,
        "get with timeout": lambda: pipe.get(timeout=60),
        "next": lambda: next(pipe),
        "wait": lambda: brine.wait([pipe]),
        "attach": lambda: brine.Pool.attach("never", timeout=None),
        "connect": lambda: pool.connect("never", timeout=60),
        "lookup": lambda: pool.lookup("never", timeout=60),
    }
    full = {
        "put": lambda: pipe.put({}),
        "fanout": lambda: brine.fanout({}, [pipe]),
        "drop_newest": lambda: brine.fanout({}, [pipe], "drop_newest", 60),
    }
    for calls in (waits, full):
        for name, call in calls.items():
            threading.Timer(0.02, _thread.interrupt_main).start()
            with pytest.raises(KeyboardInterrupt):
                call()
                raise AssertionError(name)
        if calls is waits:
            pipe.put({})


def test_signals_are_handled_during_a_wait(pool: brine.Pool, pipe: brine.Pipe) -> None:
    seen = []
    before = signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        with pytest.raises(brine.Empty):
            pipe.get(timeout=0.5)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen


def test_timeouts_are_bounded(pipe: brine.Pipe) -> None:
    began = time.monotonic()
    with pytest.raises(brine.Empty):
        pipe.get(timeout=0.3)
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("timeout", [0.02, 0.25])
def test_a_wait_that_fails_names_its_pipe(pool: brine.Pool, timeout: float) -> None:
    pipe = pool.serve("small", 1)
    with pytest.raises(brine.Empty, match='"small".*empty'):
        pipe.get(timeout=timeout)
    pipe.put({})
    with pytest.raises(brine.Full, match='"small".*full'):
        pipe.put({}, timeout=timeout)


def test_a_server_that_is_about_to_come_is_not_gone(pool: brine.Pool) -> None:
    # Makes "dead", which nobody serves.
    dead = pool.serve("first", 2, leases=True, max_deliveries=3, dead_letter="dead")
    reader = pool.connect("dead")
    reader.expect(server=True)
    with pytest.raises(brine.Empty):
        reader.get(timeout=0.05)
    pool.serve("dead").detach()
    with pytest.raises(brine.PeerGoneError):
        reader.get(timeout=20)
    dead.close()


def test_expecting_peers(pool: brine.Pool) -> None:
    server = pool.serve("s")
    reader = pool.connect("s")
    reader.expect(server=True)
    server.put({"n": 1})
    server.detach()
    assert reader.get()["n"] == 1
    with pytest.raises(brine.PeerGoneError):
        reader.get(timeout=10)
    reader.expect()
    with pytest.raises(brine.Empty):
        reader.get(timeout=0.01)
