# SPDX-License-Identifier: Apache-2.0
"""What brine is for, in one piece, between real processes: the writer is this one, the readers are others.

>>> import brine, numpy as np
>>> with brine.Pool.create("rf", "256M") as pool:
...     with pool.serve("iq", capacity=4) as pipe, pool.serve("checked") as checked:
...         reader = start_reader()
...         p = pool.packet({"seq": 1, "hdr": {"fs": 1e6}})  # a Tab in shared memory
...         p["data"] = np.zeros(4096, np.complex64)  # one copy in
...         np.asarray(p.array("more", 4096, "c8"))[:] = 1j  # filled in place
...         pipe.put(p, timeout=3.2)
...         pipe.put({"seq": 2, "hdr": {"fs": 2e6}, "data": np.ones(4096, np.complex64), "more": None})
...         for _ in range(2):
...             with checked.get(timeout=20) as v:
...                 v["seq"], v["checked"], isinstance(v, brine.Tab)
...         pipe.close()
...         reader.wait()
(1, True, True)
(2, True, True)
0
>>> with reader.stdout as out:
...     print(out.read(), end="")
1 1000000.0 0j
2 2000000.0 (4096+0j)
the stream has ended
>>> brine.Pool.unlink("rf")
"""

from __future__ import annotations

import doctest
import subprocess
import sys

READER = """
import queue
import brine, numpy as np
with brine.Pool.attach("rf", timeout=5) as pool:
    with pool.connect("iq", timeout=5) as pipe, pool.connect("checked", timeout=5) as out:
        try:
            while True:
                with pipe.get(timeout=20) as v:
                    print(v["seq"], v["hdr"]["fs"], complex(np.asarray(v["data"]).sum()))
                    v["checked"] = True
                    out.put(v)
        except queue.Empty:
            print("nothing came")
        except brine.ShutDown:
            print("the stream has ended")
"""


def start_reader() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", READER], stdout=subprocess.PIPE, text=True)


def test_snippet() -> None:
    result = doctest.testmod(sys.modules[__name__])
    assert result.attempted == 4 and result.failed == 0
