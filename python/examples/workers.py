# SPDX-License-Identifier: Apache-2.0
"""A pool of worker processes whose arguments and results go by reference: multiprocessing.Pool, and concurrent.futures.

A packet that is an argument becomes shared: the workers read it where it is. What they return is a packet, too.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import brine
import numpy as np

RECORDINGS, SAMPLES = 8, 1 << 16


def strongest(recording: brine.Packet) -> brine.Packet:
    """Runs in a worker."""
    power = np.abs(np.fft.rfft(recording["samples"])) ** 2
    return recording.pool.packet({"number": recording["number"], "peak": int(power.argmax()), "power": power})


def recordings(pool: brine.Pool) -> Iterator[brine.Packet]:
    time = np.arange(SAMPLES) / SAMPLES
    for number in range(RECORDINGS):
        yield pool.packet({"number": number, "samples": np.sin(2 * np.pi * 1000 * (number + 1) * time)})


def check(results: list[brine.Packet]) -> str:
    assert [r["number"] for r in results] == list(range(RECORDINGS))
    return ", ".join(str(r["peak"]) for r in results)


def main() -> None:
    context, name = multiprocessing.get_context("spawn"), f"workers.{os.getpid()}"
    with brine.Pool.create(name, "256M") as pool:
        try:
            with context.Pool(2) as workers:
                print("multiprocessing.Pool:", check(workers.map_async(strongest, recordings(pool)).get(timeout=60)))
            with ProcessPoolExecutor(2, mp_context=context) as executor:
                print("concurrent.futures:", check(list(executor.map(strongest, recordings(pool), timeout=60))))
        finally:
            brine.Pool.unlink(name)


if __name__ == "__main__":
    main()
