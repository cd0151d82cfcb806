# SPDX-License-Identifier: Apache-2.0
"""Pipes in asyncio: awaiting, iterating, cancelling, several loops, closing."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import brine
import pytest


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 30))


def test_both_sides(pool: brine.Pool) -> None:
    async def main() -> None:
        writer, reader = pool.serve("a", 2), pool.connect("a")
        got: list[int] = []

        async def write() -> None:
            for i in range(100):
                await writer.aput({"i": i})
            writer.close()

        async def read() -> None:
            async for packet in reader:
                got.append(packet["i"])

        await asyncio.gather(write(), read(), read(), read())
        assert sorted(got) == list(range(100))
        with pytest.raises(brine.ShutDown):
            await reader.aget()
        assert reader._waiters == {}  # type: ignore[attr-defined]

    run(main())


def test_timeouts(pool: brine.Pool) -> None:
    async def main() -> None:
        pipe = pool.serve("a", 1)
        with pytest.raises(brine.Empty):
            await pipe.aget(timeout=0.05)
        with pytest.raises(brine.Empty):
            await pipe.aget(timeout=0)
        packet = pool.packet({"n": 1})
        await pipe.aput(packet)
        assert packet.closed
        mine = pool.packet({"n": 2})
        with pytest.raises(brine.Full):
            await pipe.aput(mine, timeout=0.05)
        assert mine["n"] == 2 and (await pipe.aget())["n"] == 1

    run(main())


def test_cancelling_loses_nothing(pool: brine.Pool) -> None:
    async def main() -> None:
        pipe = pool.serve("a", 8)
        got: list[int] = []

        async def read() -> None:
            got.append((await pipe.aget())["i"])

        for i in range(60):
            tasks = [asyncio.create_task(read()) for _ in range(3)]
            await asyncio.sleep(0)
            pipe.put({"i": i})
            await asyncio.sleep(0.001 * (i % 3))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        got += [packet["i"] for packet in iter(lambda: None if pipe.empty() else pipe.get(), None)]
        assert sorted(got) == list(range(60))

    run(main())


def test_other_processes_and_threads_feed_it(pool: brine.Pool) -> None:
    async def main() -> None:
        pipe = pool.serve("a", 2)
        thread = threading.Thread(target=lambda: [pipe.put({"i": i}, timeout=20) for i in range(200)])
        thread.start()
        assert [(await pipe.aget())["i"] for _ in range(200)] == list(range(200))
        thread.join()

    run(main())


def test_several_loops(pool: brine.Pool) -> None:
    pipe = pool.serve("a", 4)
    got: list[int] = []

    def work() -> None:
        async def read() -> None:
            while (i := (await pipe.aget())["i"]) >= 0:
                got.append(i)

        run(read())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    for i in [*range(200), -1, -1, -1]:
        pipe.put({"i": i}, timeout=20)
    for t in threads:
        t.join()
    assert sorted(got) == list(range(200))


def test_closing_while_a_task_waits(pool: brine.Pool) -> None:
    async def main() -> None:
        pipe = pool.serve("a", 1)
        pipe.put({})
        full = asyncio.create_task(pipe.aput({}))
        other = pool.serve("b")
        empty = asyncio.create_task(other.aget())
        ended = asyncio.create_task(pool.connect("b").aget())
        await asyncio.sleep(0.02)
        pipe.close()
        other.close()
        for task in (full, empty):
            with pytest.raises(ValueError, match="closed"):
                await task
        with pytest.raises(brine.ShutDown):
            await ended

    run(main())


def test_many_pipes(pool: brine.Pool) -> None:
    async def main() -> None:
        pipes = [pool.serve(f"p{i}", 1) for i in range(20)]
        tasks = [asyncio.create_task(p.aget()) for p in pipes]
        await asyncio.sleep(0.02)
        for i, p in enumerate(pipes):
            p.put({"i": i})
        assert [(await t)["i"] for t in tasks] == list(range(20))

    run(main())
