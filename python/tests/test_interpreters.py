# SPDX-License-Identifier: Apache-2.0
"""Pipes between threads, and between the interpreters of a process."""

from __future__ import annotations

import subprocess
import sys
import threading

import brine
import numpy as np
import pytest


def test_many_threads(pool: brine.Pool) -> None:
    pipe = pool.serve("busy", 4)
    each, writers, readers = 300, 3, 3
    seen: list[int] = []

    def write(k: int) -> None:
        for i in range(each):
            pipe.put({"n": k * each + i, "a": np.full(3, i)}, timeout=30)

    def read() -> None:
        while True:
            with pipe.get(timeout=30) as packet:
                if packet["n"] < 0:
                    return
                assert packet["a"].tolist() == [packet["n"] % each] * 3
                seen.append(packet["n"])

    threads = [threading.Thread(target=write, args=(k,)) for k in range(writers)]
    consumers = [threading.Thread(target=read) for _ in range(readers)]
    for t in threads + consumers:
        t.start()
    for t in threads:
        t.join()
    for _ in consumers:
        pipe.put({"n": -1})
    for t in consumers:
        t.join()
    assert sorted(seen) == list(range(each * writers))
    assert pool.info()["packets"] == 1


RELAY = """
import os, sys, threading
try:
    import _interpreters as interpreters
    make = lambda: interpreters.create("isolated" if OWN_LOCK else "legacy")
except ImportError:
    import _xxsubinterpreters as interpreters
    make = lambda: interpreters.create(isolated=OWN_LOCK)
import brine

writer = '''
import brine
pool = brine.Pool.create("relay", "16M")
first, second = pool.serve("first", 8), pool.serve("second", 8)
for i in range(300):
    packet = pool.packet({"n": i, "l": [1, "two", (3.0, 10**30)]})
    a = packet.array("a", 5, "i8")
    for k in range(5):
        a[k] = i + k  # without numpy, which does not load in every interpreter
    first.put(packet, timeout=15)
first.close()
'''
passer = '''
import brine
pool = brine.Pool.attach("relay", timeout=15)
first, second = pool.connect("first", timeout=15), pool.connect("second", timeout=15)
for packet in first:
    assert packet["l"] == [1, "two", (3.0, 10**30)] and packet["a"].tolist() == list(range(packet["n"], packet["n"] + 5))
    packet["twice"] = 2 * packet["n"]
    second.put(packet, timeout=15)
try:
    first.put_many([{}, {}])
except brine.ShutDown as ended:
    second.put({"rest": len(ended.rest)}, timeout=15)
'''
errors = []

def run(interpreter, code):
    error = interpreters.run_string(interpreter, code)  # before Python 3.13 it raises
    if error:
        errors.append(error)
        print(error, file=sys.stderr)

both = make(), make()
threads = [threading.Thread(target=run, args=work) for work in zip(both, (writer, passer))]
for thread in threads: thread.start()
pool = brine.Pool.attach("relay", timeout=15)
with pool.connect("second", timeout=15) as pipe:
    for n in range(300):
        packet = pipe.get(timeout=15)
        assert (packet["n"], packet["twice"]) == (n, 2 * n), packet
    assert pipe.get(timeout=15) == {"rest": 2}
for thread in threads: thread.join()
assert not errors, errors
if sys.version_info >= (3, 13):  # before, that waits for ever for an interpreter that has imported threading
    for interpreter in both: interpreters.destroy(interpreter)
    assert pool.info()["participants"] == 1, pool.participants()
brine.Pool.unlink("relay")
print("done", flush=True)
os._exit(0)  # the same at the end of the process
"""


@pytest.mark.parametrize("own_lock", [False, True])
def test_a_packet_goes_from_interpreter_to_interpreter(own_lock: bool) -> None:
    if own_lock and sys.version_info < (3, 12):
        pytest.skip("interpreters with a lock of their own came with Python 3.12")
    code = RELAY.replace("OWN_LOCK", str(own_lock))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50)
    assert run.stdout == "done\n", run.stderr
