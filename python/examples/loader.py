# SPDX-License-Identifier: Apache-2.0
"""A data loader: worker processes fill batches in shared memory, the training loop takes them as they come.

The batches are numpy's, or PyTorch's if it is installed: tensors over the same memory, by DLPack.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from typing import Any

import brine
import numpy as np

try:
    import torch  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    torch = None  # type: ignore[assignment,unused-ignore]

BATCHES, SIZE, IMAGE = 60, 64, (3, 32, 32)


def load(number: int, images: Any, labels: Any) -> None:
    """Stands for reading and decoding files: fills both arrays in place."""
    images[...] = number / BATCHES
    labels[...] = number


def work(batches: brine.Pipe, numbers: range) -> None:
    for number in numbers:
        packet = batches.pool.packet()
        load(number, packet.array("images", (SIZE, *IMAGE), "f4").numpy(), packet.array("labels", SIZE, "i8").numpy())
        batches.put(packet, timeout=60)  # waits while enough batches are ready


def tensor(array: brine.Array) -> Any:
    """The same memory as a tensor, or as a numpy array. It keeps its packet until it is gone."""
    return torch.from_dlpack(array) if torch else np.from_dlpack(array)


def loader(work: Callable[[brine.Pipe, range], None], workers: int = 2) -> Iterator[tuple[Any, Any]]:
    context, name = multiprocessing.get_context("spawn"), f"loader.{os.getpid()}"
    with brine.Pool.create(name, "256M") as pool, pool.serve("batches", capacity=2 * workers) as batches:
        try:
            for first in range(workers):
                context.Process(target=work, args=(batches, range(first, BATCHES, workers)), daemon=True).start()
            for _ in range(BATCHES):
                packet = batches.get(timeout=60)
                yield tensor(packet["images"]), tensor(packet["labels"])
        finally:
            brine.Pool.unlink(name)


def main() -> None:
    seen, total = set(), 0.0
    for images, labels in loader(work):
        total += float(images.mean())
        seen.add(int(labels[0]))
    assert seen == set(range(BATCHES))
    print(f"{len(seen)} batches of {SIZE} images as {type(images).__module__}.{type(images).__name__}, {total:.1f}")
    if torch is None:
        print("PyTorch is not installed: numpy arrays instead of tensors")


if __name__ == "__main__":
    main()
