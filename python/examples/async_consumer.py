# SPDX-License-Identifier: Apache-2.0
"""Several pipes in one event loop, beside whatever else the loop does. Another process fills them."""

from __future__ import annotations

import asyncio
import multiprocessing
import os

import brine

NAMES, PACKETS = ("orders", "trades"), 100


def produce(pool: brine.Pool) -> None:
    pipes = [pool.serve(name, capacity=8) for name in NAMES]
    for seq in range(PACKETS):
        for pipe in pipes:
            pipe.put({"seq": seq, "price": 100 + seq / 8}, timeout=20)
    for pipe in pipes:
        pipe.close()  # the end of the stream


async def consume(pipe: brine.Pipe, answers: brine.Pipe) -> float:
    total = 0.0
    async for packet in pipe:  # until the stream ends
        total += packet["price"]
        await answers.aput({"pipe": pipe.name, "seq": packet["seq"]}, timeout=20)  # waits while it is full
    return total


async def count(answers: brine.Pipe) -> int:
    for n in range(PACKETS * len(NAMES)):
        await answers.aget(timeout=20)  # or raises queue.Empty
    return n + 1


async def consume_all(pipes: list[brine.Pipe], answers: brine.Pipe) -> None:
    async with asyncio.timeout(60):
        *totals, answered = await asyncio.gather(*(consume(p, answers) for p in pipes), count(answers))
    print(f"{answered} answers; " + ", ".join(f"{n}: {t:.2f}" for n, t in zip(NAMES, totals)))


def main() -> None:
    name = f"async.{os.getpid()}"
    with brine.Pool.create(name, "64M") as pool:
        try:
            process = multiprocessing.get_context("spawn").Process(target=produce, args=(pool,), daemon=True)
            process.start()
            pipes = [pool.connect(name, timeout=20) for name in NAMES]  # waits, which a task had better not
            asyncio.run(consume_all(pipes, pool.serve("answers", capacity=2)))
            process.join()
        finally:
            brine.Pool.unlink(name)


if __name__ == "__main__":
    main()
