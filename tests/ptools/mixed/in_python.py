# SPDX-License-Identifier: Apache-2.0
"""One part of a pipeline, in Python: in_python.py source REGION OUT | relay REGION IN OUT NAME | sink REGION IN

The same in C is in_c.c; see mixed.sh.
"""

import sys
import time

import brine


def end(pipe: brine.Pipe) -> None:
    while not pipe.empty():
        time.sleep(0.001)
    pipe.close()


def source(region: str, out: str) -> None:
    with brine.Pool.create(region, "4M") as pool:
        pipe = pool.serve(out, 4)
        for seq in range(100):
            packet = pool.packet({"seq": seq, "big": 2**100 + seq, "hdr": {"units": "volts", "rates": [2.5, seq]}})
            with memoryview(packet.array("data", 1000, "f4")) as data:
                for k in range(1000):
                    data[k] = seq + k
            packet["hops"] = []
            pipe.put(packet, timeout=30)
        end(pipe)
        brine.Pool.unlink(region)


def relay(region: str, source_name: str, out: str, name: str) -> None:
    with brine.Pool.attach(region, timeout=30) as pool:
        output = pool.serve(out, 4)
        for packet in pool.connect(source_name, timeout=30):
            packet.own()  # one from a program for PicklingTools may be shared
            packet["hops"].append(name)
            output.put(packet, timeout=30)
        end(output)


def sink(region: str, source_name: str) -> None:
    """Prints SEQ BIG RATE UNITS SAMPLE HOP..."""
    with brine.Pool.attach(region, timeout=30) as pool:
        for packet in pool.connect(source_name, timeout=30):
            with packet:
                header, sample = packet["hdr"], memoryview(packet["data"])[-1]
                print(packet["seq"], packet["big"], header["rates"][-1], header["units"], int(sample), *packet["hops"])


{"source": source, "relay": relay, "sink": sink}[sys.argv[1]](*sys.argv[2:])
