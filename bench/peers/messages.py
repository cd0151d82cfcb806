# SPDX-License-Identifier: Apache-2.0
"""Passing packets with Python's multiprocessing: Queue (pickle, a feeder thread, a pipe) and Pipe (pickle, a socket).

messages.py queue|pipe words|structured round_trip|one_way BYTES CAPACITY WRITERS READERS ONE_CORE SECONDS WARM_UP

Prints "ok FIGURE NOTE" (ns of a round trip, or packets a second) and, for round trips, the nanoseconds of single ones;
or "wrong WHY".
"""
import ctypes
import multiprocessing
import os
import signal
import statistics
import sys
import time

try:
    import numpy
except ImportError:
    numpy = None
    from array import array

PEER, CONTENT, METHOD = sys.argv[1:4]
BYTES, CAPACITY, WRITERS, READERS, ONE_CORE = map(int, sys.argv[4:9])
SECONDS, WARM_UP = map(float, sys.argv[9:11])
WORDS = BYTES // 8
KEYS = ["channel", "subchannel", "rate", "bandwidth", "gain", "mode", "antenna", "priority", "flags", "version"]
DATA = 1000
CPUS = sorted(os.sched_getaffinity(0))
context = multiprocessing.get_context("fork")


def words(number):
    """Word i is number + i."""
    if numpy is not None:
        return numpy.arange(number, number + WORDS, dtype="u8")
    return array("Q", range(number, number + WORDS))


def words_number(packet):
    number = int(packet[0])
    right = numpy.array_equal(packet, words(number)) if numpy is not None else packet == words(number)
    return number if right else -1


def structured(number):
    first = float(number & 0xFFFFFFFF)
    data = first + numpy.arange(DATA) if numpy is not None else array("d", (first + i for i in range(DATA)))
    header = {key: (number & 0xFFFFFFFF) + i * 7 for i, key in enumerate(KEYS)}
    return {"sequence_number": number, "timestamp": number * 1e-6, "name": "spectrum of beam seventeen",
            "tags": ["calibrated", "polarization-h"], "hdr": header, "data": data}


def structured_number(packet):
    number, header = packet["sequence_number"], packet["hdr"]
    low = number & 0xFFFFFFFF
    total = float(packet["data"].sum()) if numpy is not None else sum(packet["data"])
    right = total == DATA * low + DATA * (DATA - 1) / 2 and all(header[KEYS[i]] == low + i * 7 for i in (2, 5, 9))
    return number if right else -1


make, number_of = (words, words_number) if CONTENT == "words" else (structured, structured_number)


class Way:
    """One direction: put and get."""

    def __init__(self):
        if PEER == "queue":
            queue = context.Queue(CAPACITY)
            self.put, self.get = queue.put, queue.get
        else:
            receiver, sender = context.Pipe(duplex=False)
            self.put, self.get = sender.send, receiver.recv


def begin(nth):
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    os.sched_setaffinity(0, {CPUS[0 if ONE_CORE else nth % len(CPUS)]})


def answer(to, fro):
    begin(1)
    while True:
        fro.put(make(number_of(to.get())))


def round_trips(to, fro):
    number, singles = 0, []
    warm = time.perf_counter_ns() + int(WARM_UP * 1e9)
    end = warm + int(SECONDS * 1e9)
    before = time.perf_counter_ns()
    while before < end or not singles:
        number += 1
        to.put(make(number))
        if number_of(fro.get()) != number:
            raise ValueError("another packet came back than was sent")
        now = time.perf_counter_ns()
        if now > warm:
            singles.append(now - before)
        before = now
    return statistics.median(singles), singles


def write(way, nth):
    begin(nth)
    number = nth << 48
    while True:
        number += 1
        way.put(make(number))


def read(way, nth, count, wrong):
    begin(nth + 1)
    last = [0] * 64
    while True:
        number = number_of(way.get())
        writer, n = number >> 48, number & ((1 << 48) - 1)
        if number < 0 or n <= last[writer] or (READERS == 1 and n != last[writer] + 1):
            wrong.value += 1
        last[writer] = n
        count.value += 1


def rate(way, children):
    counts = [context.Value("Q", 0, lock=False) for _ in range(READERS)]
    wrong = context.Value("Q", 0, lock=False)
    for i, count in enumerate(counts):
        children.append(context.Process(target=read, args=(way, i, count, wrong), daemon=True))
    for i in range(WRITERS):
        children.append(context.Process(target=write, args=(way, i), daemon=True))
    for child in children:
        child.start()
    for _ in range(10000):
        if any(count.value for count in counts):
            break
        time.sleep(0.001)
    time.sleep(WARM_UP)
    before, start, arrived, elapsed = sum(c.value for c in counts), time.perf_counter(), 0, 0
    while not arrived and elapsed < 20:
        time.sleep(SECONDS)
        arrived = sum(c.value for c in counts) - before
        elapsed = time.perf_counter() - start
    if wrong.value or not arrived:
        raise ValueError("wrong data" if wrong.value else "nothing arrived")
    return arrived / elapsed, []


def main():
    children = []
    try:
        if METHOD == "round_trip":
            to, fro = Way(), Way()
            children.append(context.Process(target=answer, args=(to, fro), daemon=True))
            children[0].start()
            begin(0)
            figure, singles = round_trips(to, fro)
        else:
            figure, singles = rate(Way(), children)
        print("ok", figure, "numpy-arrays" if numpy else "array.array,-no-numpy", *singles)
    except (ValueError, OSError) as error:
        print("wrong", error)
    finally:
        sys.stdout.flush()
        for child in children:
            child.kill()
        os._exit(0)  # a feeder thread may be waiting for a reader that is gone


main()
