# SPDX-License-Identifier: Apache-2.0
"""put_many and get_many: as so many single calls, how far they go, what interrupts them."""

from __future__ import annotations

import _thread
import threading
import time
from typing import Any

import brine
import numpy as np
import pytest


def test_many_in_and_out(pool: brine.Pool) -> None:
    pipe = pool.serve("batch", 256)
    packets = [pool.packet({"n": n}) for n in range(100)]
    assert pipe.put_many(packets) == 100
    assert all(packet.closed for packet in packets)
    assert pipe.put_many({"n": n} for n in range(100, 130)) == 30
    assert pipe.put_many([]) == 0 and pipe.put_many((pool.packet({"n": 130}), {"n": 131}), timeout=0) == 2
    assert [packet["n"] for packet in pipe.get_many(10)] == list(range(10))
    assert [packet["n"] for packet in pipe.get_many(10**30)] == list(range(10, 132))
    assert pool.info()["packets"] == 1


def test_many_go_as_far_as_there_is_room(pool: brine.Pool) -> None:
    pipe = pool.serve("small", 5)
    packets: list[Any] = [pool.packet({"n": n}) for n in range(4)]
    items = [*packets, {"n": 4}, {"n": 5}, pool.packet({"n": 6})]
    with pytest.raises(brine.Full, match="small") as full:
        pipe.put_many(iter(items), timeout=0.01)
    assert full.value.rest == [{"n": 5}, {"n": 6}] and full.value.rest[0] is items[5] and full.value.rest[1] is items[6]
    assert all(packet.closed for packet in packets) and not items[6].closed
    assert pool.info()["packets"] == 1 + 5 + 1
    assert [packet["n"] for packet in pipe.get_many(3)] == [0, 1, 2]
    assert pipe.put_many(full.value.rest, timeout=0) == 2
    assert [packet["n"] for packet in pipe.get_many(9)] == [3, 4, 5, 6]
    for timeout in (0, 0.01):
        with pytest.raises(brine.Empty, match="small"):
            pipe.get_many(9, timeout)
    assert pool.info()["packets"] == 1


def test_many_wait_for_room_and_for_one_packet(pool: brine.Pool) -> None:
    pipe, seen = pool.serve("narrow", 3), []

    def read() -> None:
        while len(seen) < 500:
            got = pipe.get_many(64, timeout=30)
            assert 1 <= len(got) <= 3
            seen.extend(packet["n"] for packet in got)

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.25)  # it waits, in slices
    assert pipe.put_many(({"n": n, "a": np.full(3, n)} for n in range(500)), timeout=30) == 500
    reader.join()
    assert seen == list(range(500))


def test_many_with_one_that_cannot_be_put(pool: brine.Pool, pipe: brine.Pipe) -> None:
    twice, other = pool.packet({"n": 1}), brine.Pool.create_private("1M")
    cases: list[tuple[list[Any], type[Exception]]] = [
        ([twice, twice, {}], brine.NotHeldError),
        ([{}, object(), {}], TypeError),
        ([{}, other.packet(), {}], brine.OtherPoolError),
    ]
    for items, error in cases:
        with pytest.raises(error) as raised:
            pipe.put_many(items)
        assert len(raised.value.rest) == 2 and raised.value.rest[0] is items[1]  # type: ignore[attr-defined]
        (went,) = pipe.get_many(9)
        went.close()
        assert pool.info()["packets"] == 1
    packet = pool.packet({"a": np.zeros(9)})
    look = np.asarray(packet["a"])
    with pytest.raises(BufferError) as lent:
        pipe.put_many([packet])
    assert lent.value.rest == [packet] and look.sum() == 0  # type: ignore[attr-defined]
    del look
    assert pipe.put_many([packet]) == 1 and packet.closed
    other.close()


def test_many_of_wrong_arguments(pipe: brine.Pipe) -> None:
    for call in (lambda: pipe.get_many(0), lambda: pipe.get_many(-5), lambda: pipe.get_many(1, -1)):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(TypeError):
        pipe.get_many("1")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        pipe.put_many(3)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        pipe.put_many(1 // n for n in (1, 0))
    assert pipe.empty()


def test_many_at_the_end_of_a_stream(pool: brine.Pool) -> None:
    server, client = pool.serve("end", 4), pool.connect("end")
    server.put_many([1, 2, 3])
    server.close()
    with pytest.raises(brine.ShutDown) as ended:
        client.put_many([4, 5])
    assert ended.value.rest == [4, 5]
    assert [packet.root for packet in client.get_many(9)] == [1, 2, 3]
    with pytest.raises(brine.ShutDown):
        client.get_many(9)
    client.close()
    for call in (lambda: client.get_many(9), lambda: client.put_many([1])):
        with pytest.raises(ValueError, match="closed"):
            call()


def test_many_with_leases(pool: brine.Pool) -> None:
    pipe = pool.serve("leased", 8, leases=True)
    pipe.put_many(range(6))
    first = pipe.get_many(4)
    assert [packet.deliveries for packet in first] == [1] * 4
    first[1].nack()
    first[3].nack()
    again = pipe.get_many(9)
    assert [(packet.root, packet.deliveries) for packet in again] == [(1, 2), (3, 2), (4, 1), (5, 1)]


def test_the_pipe_is_closed_by_what_is_put(pool: brine.Pool) -> None:
    class Closing(dict[str, int]):
        def items(self) -> Any:
            pipe.close()
            return {"n": 1}.items()

    for call in (lambda: pipe.put(Closing()), lambda: pipe.put_many([{}, Closing(), {}])):
        pipe = pool.serve("closing", 4)
        with pytest.raises(ValueError, match="the pipe is closed"):
            call()
    assert pool.info()["packets"] == 1


def test_ctrl_c_among_many(pool: brine.Pool) -> None:
    pipe = pool.serve("stuck", 2)
    packets: list[Any] = [pool.packet({"n": n}) for n in range(5)]
    threading.Timer(0.3, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt) as stopped:
        pipe.put_many(packets)
    assert stopped.value.rest == packets[2:]  # type: ignore[attr-defined]
    assert [packet.closed for packet in packets] == [True, True, False, False, False]
    pipe.get_many(2)
    threading.Timer(0.3, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        pipe.get_many(2)
    assert pipe.put_many(packets[2:4], timeout=0) == 2


def test_ctrl_c_while_many_are_made(pool: brine.Pool, pipe: brine.Pipe) -> None:
    class Stopping(dict[str, int]):
        def items(self) -> Any:
            raise KeyboardInterrupt

    packet = pool.packet()
    with pytest.raises(KeyboardInterrupt) as stopped:
        pipe.put_many([packet, {}, Stopping(), {}])
    assert len(stopped.value.rest) == 4 and not packet.closed  # type: ignore[attr-defined]
    assert pipe.empty() and pool.info()["packets"] == 2


def test_close_among_many(pool: brine.Pool) -> None:
    pipe = pool.serve("left", 2)
    packets: list[Any] = [pool.packet({"n": n}) for n in range(3)]
    threading.Timer(0.2, pipe.close).start()
    with pytest.raises(ValueError, match="closed") as left:
        pipe.put_many([*packets, {"n": 3}], timeout=30)
    assert left.value.rest == [packets[2], {"n": 3}]  # type: ignore[attr-defined]
    assert not packets[2].closed
