# SPDX-License-Identifier: Apache-2.0
"""Makes a pool and a pipe, and puts a thousand packets into it. Run reader.py, or its twin in C or C++, beside it."""

import brine
import numpy as np

with brine.Pool.create("rf", "256M") as pool:
    with pool.serve("iq", capacity=4) as pipe:  # holds 4 packets; leaving the block ends the stream
        for seq in range(1000):
            p = pool.packet({"seq": seq, "hdr": {"fs": 1e6}})  # a dict in shared memory
            p["data"] = np.zeros(4096, np.complex64)  # one copy in; p.array("data", 4096, "c8") is filled in place
            pipe.put(p, timeout=5)  # by reference, or queue.Full; pipe.put({...}) makes the packet itself
