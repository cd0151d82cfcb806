# SPDX-License-Identifier: Apache-2.0
"""A producer and a consumer, each a process of its own, at work in a pool of their own."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time

import brine


def produce(pool_name: str, frames: int, frame_bytes: int) -> None:
    with brine.Pool.attach(pool_name, timeout=5) as pool, pool.serve("frames", capacity=4) as pipe:
        for seq in range(frames):
            packet = pool.packet(
                {"seq": seq, "sent_ns": time.perf_counter_ns(), "header": {"rate": 1e6, "tags": ["a", "b"]}}
            )
            samples = memoryview(packet.array("samples", frame_bytes, "u1"))
            samples[0] = seq % 256
            samples.release()  # while something looks into a packet it is not given away
            pipe.put(packet, timeout=30)


def consume(pool: brine.Pool) -> tuple[int, int, list[int]]:
    received, total, delays = 0, 0, []
    with pool.connect("frames", timeout=5) as pipe:
        for packet in pipe:
            with packet:
                delays.append(time.perf_counter_ns() - packet["sent_ns"])
                samples = packet["samples"]
                assert packet["seq"] == received and samples[0] == received % 256
                received += 1
                total += samples.nbytes
                if received == 1:
                    print(f"the first packet: {packet!r}")
    return received, total, delays


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m brine", description=__doc__)
    parser.add_argument("--frames", type=int, default=20000, help="how many packets (%(default)s)")
    parser.add_argument("--bytes", type=int, default=1 << 20, help="size of the array in each (%(default)s)")
    chosen = parser.parse_args()
    name = f"demo.{os.getpid()}"
    with brine.Pool.create(name, max(64 << 20, chosen.bytes * 16)) as pool:
        try:
            worker = multiprocessing.get_context("spawn").Process(
                target=produce, args=(name, chosen.frames, chosen.bytes)
            )
            worker.start()
            began = time.perf_counter()
            received, total, delays = consume(pool)
            seconds = time.perf_counter() - began
            worker.join()
        finally:
            brine.Pool.unlink(name)
    delays.sort()
    middle = delays[len(delays) // 2] / 1000 if delays else 0
    print(f"{received} packets in {seconds:.2f} s with {total / 1e9:.1f} GB of arrays that were never copied")
    print(f"from one process into the other in {middle:.1f} us (median, with the packets waiting in the pipe)")
