# SPDX-License-Identifier: Apache-2.0
"""Frames, from the process that takes them to the one that looks at them: written once, where they are read."""

from __future__ import annotations

import multiprocessing
import os

import brine

FRAMES, SHAPE = 200, (480, 640, 3)


def camera(pool: brine.Pool) -> None:
    with pool.serve("frames", capacity=4) as pipe:  # at most 4 wait; then put() does
        for seq in range(FRAMES):
            packet = pool.packet({"seq": seq, "exposure": 0.01})
            pixels = packet.array("pixels", SHAPE, "u1").numpy()  # a numpy array in shared memory
            pixels[...] = seq % 256  # here the frame is taken
            del pixels  # nobody writes into what is given away
            pipe.put(packet, timeout=20)


def look(pool: brine.Pool) -> tuple[int, float]:
    count, brightness = 0, 0.0
    with pool.connect("frames", timeout=20) as pipe:
        pipe.expect(server=True)  # a camera that dies is a PeerGoneError here, not a wait without an end
        for packet in pipe:
            pixels = packet["pixels"].numpy()  # no copy
            assert packet["seq"] == count and pixels.shape == SHAPE
            brightness += float(pixels[::8, ::8].mean())
            count += 1
    return count, brightness / count


def main() -> None:
    name = f"frames.{os.getpid()}"
    with brine.Pool.create(name, "64M") as pool:
        try:
            process = multiprocessing.get_context("spawn").Process(target=camera, args=(pool,), daemon=True)
            process.start()
            count, brightness = look(pool)
            process.join()
        finally:
            brine.Pool.unlink(name)
    print(f"{count} frames of {SHAPE}, {brightness:.1f} bright on average")


if __name__ == "__main__":
    main()
