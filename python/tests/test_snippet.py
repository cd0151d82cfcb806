# SPDX-License-Identifier: Apache-2.0
"""What brine is for, in one piece, between real processes: each docstring is a doctest in a process of its own."""

from __future__ import annotations

import doctest
import subprocess
import sys


def writer() -> None:
    """
    >>> import brine, numpy as np
    >>> with brine.Pool.create("rf", "256M") as pool:            # another process: brine.Pool.attach("rf", timeout=5)
    ...     with pool.serve("iq", capacity=4) as pipe:           # another process: pool.connect("iq", timeout=5)
    ...         p = pool.packet({"seq": 1, "hdr": {"fs": 1e6}})  # a Tab in shared memory
    ...         p["data"] = np.zeros(4096, np.complex64)         # one copy in; or p.array("data", 4096, "c8") to fill in place
    ...         pipe.put(p, timeout=3.2)                         # or pipe.put({...}) straight from a dict
    ...         p = pool.packet({"seq": 2, "hdr": {"fs": 2e6}})
    ...         np.asarray(p.array("data", 4096, "c8"))[:] = 1
    ...         pipe.put(p, timeout=3.2)
    ...         pipe.put({"seq": 3, "hdr": {"fs": 3e6}, "data": np.ones(4096, np.complex64)})
    ...         with pool.serve("out") as out:
    ...             process = start("reader")
    ...             for _ in range(3):
    ...                 with out.get(timeout=20) as v:
    ...                     v["seq"], v["checked"], isinstance(v, brine.Tab)
    ...         pipe.close()
    ...         process.wait()
    (1, True, True)
    (2, True, True)
    (3, True, True)
    0
    >>> brine.Pool.unlink("rf")
    """


def reader() -> None:
    """
    >>> import brine, numpy as np, queue
    >>> pool = brine.Pool.attach("rf", timeout=5)
    >>> pipe, out = pool.connect("iq", timeout=5), pool.connect("out", timeout=5)
    >>> for _ in range(3):
    ...     with pipe.get(timeout=5.5) as v:                          # raises queue.Empty
    ...         v["seq"], v["hdr"]["fs"], np.asarray(v["data"]).sum() # no copy; read-only once shared
    ...         v["checked"] = True; out.put(v)                       # pass it on, by reference
    (1, 1000000.0, ...0j...)
    (2, 2000000.0, ...(4096+0j)...)
    (3, 3000000.0, ...(4096+0j)...)
    >>> pipe.get(timeout=20)
    Traceback (most recent call last):
    brine._errors.ShutDown: the stream of pipe "iq" in pool "rf" has ended
    """


def start(which: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, which])


def failures(which: str) -> int:
    """Prints what is not as the docstring says, and counts it."""
    module = sys.modules[__name__]
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in doctest.DocTestFinder(recurse=False).find(getattr(module, which), which, module, vars(module).copy()):
        runner.run(test)
    return runner.failures if runner.tries else 1


def test_snippet() -> None:
    assert failures("writer") == 0


if __name__ == "__main__":
    sys.exit(failures(sys.argv[1]))
