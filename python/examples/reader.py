# SPDX-License-Identifier: Apache-2.0
"""Waits for the pool and the pipe of writer.py, reads what comes until the stream ends, and removes the pool."""

import brine
import numpy as np

with brine.Pool.attach("rf", timeout=5) as pool, pool.connect("iq", timeout=5) as pipe:
    for v in pipe:  # or one: pipe.get(timeout=5.5), which raises queue.Empty
        data = np.asarray(v["data"])  # no copy; it keeps its packet
        rate = v.get("hdr", {}).get("fs")  # a tab is a MutableMapping
        print(f"{v['seq']}: {data.size} numbers at {rate} a second, the sum is {data.sum():g}")
brine.Pool.unlink("rf")
