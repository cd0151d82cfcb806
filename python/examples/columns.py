# SPDX-License-Identifier: Apache-2.0
"""A table between processes: columns in shared memory as an Arrow table, and from there pandas or polars.

Nothing is copied on the way. A column of numbers is an array of a packet. One of texts is, as in Arrow, two: all of the
text, and where each begins. Needs pyarrow; pandas and polars if they are installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import os
from typing import Any

import brine
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped,import-not-found,unused-ignore]

ROWS = 100_000


def text(values: list[str]) -> dict[str, Any]:
    encoded = [v.encode() for v in values]
    offsets = np.concatenate(([0], np.cumsum([len(e) for e in encoded]))).astype("i8")
    return {"offsets": offsets, "text": np.frombuffer(b"".join(encoded), "u1")}


def produce(pipe: brine.Pipe) -> None:
    columns = {
        "id": np.arange(ROWS),
        "price": np.linspace(1, 2, ROWS),
        "symbol": text([("BUY", "SELL", "HOLD")[i % 3] for i in range(ROWS)]),
    }
    pipe.put({"columns": columns}, timeout=30)


def column(value: Any) -> Any:
    """An Arrow array over the memory of the packet, which it keeps."""
    if isinstance(value, brine.Tab):
        offsets, letters = value["offsets"], value["text"]
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
        return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)
    return pa.Array.from_buffers(pa.from_numpy_dtype(value.dtype), len(value), [None, pa.py_buffer(value)])


def use(packet: brine.Packet) -> None:
    arrays = {name: column(value) for name, value in packet["columns"].items()}
    table = pa.table(arrays)
    print("pyarrow:", table.num_rows, table.column_names, table["symbol"][1], table["id"][-1])
    if importlib.util.find_spec("pandas"):
        pandas = importlib.import_module("pandas")
        numbers = {name: arrays[name].to_numpy(zero_copy_only=True) for name in ("id", "price")}
        frame = pandas.DataFrame(numbers, copy=False)
        assert np.shares_memory(frame["price"].to_numpy(), packet["columns"]["price"].numpy())
        print(f"pandas: {frame['price'].mean():.3f}")
    if importlib.util.find_spec("polars"):
        polars = importlib.import_module("polars")
        print(f"polars: {polars.from_arrow(table)['price'].mean():.3f}")


def main() -> None:
    name = f"columns.{os.getpid()}"
    with brine.Pool.create(name, "64M") as pool, pool.serve("tables") as pipe:
        try:
            process = multiprocessing.get_context("spawn").Process(target=produce, args=(pipe,), daemon=True)
            process.start()
            use(pipe.get(timeout=30).share())  # shared: nobody changes what several look at
            process.join()
        finally:
            brine.Pool.unlink(name)


if __name__ == "__main__":
    main()
