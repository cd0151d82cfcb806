# SPDX-License-Identifier: Apache-2.0
"""brine.Queue in code that was written for multiprocessing.Queue."""

from __future__ import annotations

import multiprocessing
import queue
from typing import Any

import brine
import numpy as np
import pytest


def square(tasks: Any, results: Any) -> None:
    """Does not know which kind of queue it has."""
    for task in iter(tasks.get, None):
        results.put({"n": task["n"], "square": task["n"] ** 2, "sum": task["data"].sum(), "data": task["data"] * 2})
    results.close()
    results.join_thread()


def drive(context: Any, tasks: Any, results: Any) -> None:
    workers = [context.Process(target=square, args=(tasks, results)) for _ in range(2)]
    for w in workers:
        w.start()
    for n in range(20):
        tasks.put({"n": n, "data": np.full(5000, n)})
    seen = {}
    for _ in range(20):
        result = results.get(timeout=30)
        seen[result["n"]] = result["square"], int(result["sum"]), result["data"][4999]
        assert type(result) is dict and isinstance(result["data"], np.ndarray)
    for _ in workers:
        tasks.put(None)
    for w in workers:
        w.join(30)
        assert w.exitcode == 0
    assert seen == {n: (n * n, 5000 * n, 2 * n) for n in range(20)}
    with pytest.raises(queue.Empty):
        results.get(timeout=0.05)
    with pytest.raises(queue.Empty):
        results.get_nowait()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_drops_in(pool: brine.Pool, method: str) -> None:
    context = multiprocessing.get_context(method)
    drive(context, context.Queue(), context.Queue())
    drive(context, brine.Queue(pool), brine.Queue(pool))


def test_interface(pool: brine.Pool) -> None:
    q = brine.Queue(pool, 2)
    assert q.empty() and not q.full() and q.qsize() == 0
    q.put([1, {"a": (2, b"c")}])
    q.put_nowait("x")
    assert q.full() and q.qsize() == 2
    with pytest.raises(queue.Full):
        q.put(1, timeout=0.01)
    with pytest.raises(queue.Full):
        q.put(1, False)
    assert q.get() == [1, {"a": (2, b"c")}] and q.get(True, 1) == "x"
    with pytest.raises(TypeError, match="pickle=True"):
        q.put({1, 2})
    q.put(pool.packet({"by": "reference"}))
    assert q.get() == {"by": "reference"}
    named = brine.Queue(pool, name="named")
    assert named.name == "named" and brine.Queue(pool, name="named").pipe.capacity == named.pipe.capacity
    named.unlink()
    q.close()
    q.close()
    q.cancel_join_thread()
    assert "Queue" in repr(q)
    with pytest.raises(ValueError, match="closed"):
        q.put(1)


def test_pickling_is_asked_for(pool: brine.Pool) -> None:
    q = brine.Queue(pool, pickle=True)
    q.put({"s": {1, 2}, "a": np.arange(3)})
    assert q.get()["s"] == {1, 2}
    reader = brine.Queue(pool, name=q.name)
    q.put({"s": {1, 2}})
    assert isinstance(reader.get()["s"], brine.Pickled)


def test_arrays_keep_their_packet(pool: brine.Pool) -> None:
    q = brine.Queue(pool)
    q.put({"a": np.arange(100000), "b": np.arange(3)})
    before = pool.info()["packets"]
    got = q.get()
    a = got.pop("a")
    del got
    assert a[99999] == 99999 and a.flags.writeable and pool.info()["packets"] == before
    del a
    assert pool.info()["packets"] == 1
