#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passing Python objects with the package brine and beside it: round trips, rates, building, reading, attaching, memory.

Options as of the other programs (--quick, --list, --repetitions N, --only REGEX), and what it prints. Whatever is
measured runs in two forked processes, each pinned to a CPU, which end with the measurement.
"""
import json
import os
import pickle
import statistics
import sys
import time
import traceback
from multiprocessing import shared_memory
from multiprocessing.connection import wait

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers"))
from ways import WAYS, Brine, brine, context, die_with_parent, msgpack, no_zmq, numpy
from suite import Contestant, Suite, pin

suite = Suite("objects")
SECONDS, WARM_UP = (0.03, 0.01) if suite.quick else (0.3, 0.1)
CAPACITY = 64
NAME, TAGS = "spectrum of beam seventeen", ["calibrated", "polarization-h"]
TOUCHED = "a dict of 10 keys built; 3 of them read and checked on arrival"


def ten_keys(number):
    return {"seq": number, "time": number * 1e-6, "name": NAME, "channel": 7, "gain": 2.5, "mode": None,
            "flags": number & 0xFF, "rate": 1000000, "valid": True, "tags": TAGS}


def expect(condition, what="other data arrived than was sent"):
    if not condition:
        raise ValueError(what)


def check_ten(item, number):
    expect(item["seq"] == number and item["flags"] == number & 0xFF and item["name"] == NAME)


# ---- processes ----------------------------------------------------------------------------------------------------

def child_runs(nth, function, arguments, answer):
    die_with_parent()
    pin(nth)
    try:
        answer.send((function(*arguments), None))
    except BaseException:
        answer.send((None, traceback.format_exc(limit=-2)))
    os._exit(0)  # a feeder thread may be waiting for a reader that is gone


def start(nth, function, *arguments):
    mine, its = context.Pipe(duplex=False)
    child = context.Process(target=child_runs, args=(nth, function, arguments, its), daemon=True)
    child.start()
    its.close()
    return child, mine


def first_answer(children, timeout=120):
    """What the first of the children to end has found; ValueError if that is an error, or nothing."""
    ready = wait([answer for _, answer in children], timeout)
    expect(ready, f"nothing came within {timeout} s")
    try:
        value, wrong = ready[0].recv()
    except EOFError:
        raise ValueError("a process died") from None
    expect(wrong is None, wrong)
    return value


def run(*children):
    try:
        return first_answer(children)
    finally:
        for child, answer in children:
            child.kill()
            child.join()
            answer.close()


def in_child(function, *arguments):
    return run(start(0, function, *arguments))


def beside(way, serve, measure, *arguments):
    """What measure gives in one process, while serve, which never ends, runs in another."""
    try:
        return run(start(1, serve, way, *arguments), start(0, measure, way, *arguments))
    finally:
        way.close()


def timed(operation):
    """The median of single operations, and all of them."""
    times, clock = [], time.perf_counter_ns
    operation()  # which may have to connect
    warm = clock() + int(WARM_UP * 1e9)
    end = warm + int(SECONDS * 1e9)
    before = clock()
    while before < end or not times:
        operation()
        now = clock()
        if now > warm:
            times.append(now - before)
        before = now
    return statistics.median(times), times


def batches(operation, count):
    """Nanoseconds of one of what operation(count) does many times."""
    figure, times = timed(lambda: operation(count))
    return figure / count, []


# ---- there and back -----------------------------------------------------------------------------------------------

def answer_ten(way):
    way.open(1)
    while True:
        number = way.receive()["seq"]
        way.send(ten_keys(number))


def round_trips(way):
    way.open(0)
    numbers = iter(range(1, 1 << 60))

    def once():
        number = next(numbers)
        way.send(ten_keys(number))
        check_ten(way.receive(), number)

    return timed(once)


def answer_array(way, count):
    way.open(1)
    while True:
        item = way.receive()
        number, data = item["seq"], item["data"]
        expect(data[0] == 1 and data[count - 1] == count and len(data) == count)
        del data
        item["seq"] = -number
        way.send(item)


def array_trips(way, count):
    way.open(0)
    item = way.with_array(numpy.arange(1, count + 1, dtype="f8"))
    number = 0

    def once():
        nonlocal item, number
        number += 1
        item["seq"] = number
        way.send(item)
        item = way.receive()
        expect(item["seq"] == -number and item["data"][0] == 1 and item["data"][count - 1] == count)

    return timed(once)


def answer_number(way, count):
    way.open(1)
    while True:
        item = way.receive()
        expect(item["data"][count - 1] == count)
        way.send({"seq": -item["seq"]})


def copy_trips(way, count):
    way.open(0)
    values, number = numpy.arange(1, count + 1, dtype="f8"), 0

    def once():
        nonlocal number
        number += 1
        way.send({"seq": number, "data": values})
        expect(way.receive()["seq"] == -number)

    return timed(once)


# ---- one way ------------------------------------------------------------------------------------------------------

def write(way):
    way.open(1)
    number = 0
    while True:
        number += 1
        way.send(ten_keys(number))


def write_many(way):
    way.open(1)
    number = 0
    while True:
        way.to.put_many(ten_keys(n) for n in range(number + 1, number + 33))
        number += 32


def counted(receive):
    """Objects a second; receive() gives how many came."""
    receive()
    end = time.perf_counter() + WARM_UP
    while time.perf_counter() < end:
        receive()
    count, start, now = 0, time.perf_counter(), 0
    while now < start + SECONDS:
        count += receive()
        now = time.perf_counter()
    return count / (now - start), []


def read(way):
    way.open(0)
    numbers = iter(range(1, 1 << 60))

    def once():
        for _ in range(16):
            check_ten(way.receive(), next(numbers))
        return 16

    return counted(once)


def read_many(way):
    way.open(0)
    numbers = iter(range(1, 1 << 60))

    def once():
        packets = way.fro.get_many(64)
        for packet in packets:
            check_ten(packet, next(numbers))
        return len(packets)

    return counted(once)


# ---- one process --------------------------------------------------------------------------------------------------

def build(make):
    value = ten_keys(12345)
    with brine.Pool.create_private("64M") if brine else open(os.devnull) as pool:
        one = make(pool)

        def many(count):
            for _ in range(count):
                one(value)

        return batches(many, 1000)


def look_up(item):
    check_ten(item, 1)

    def many(count):
        for _ in range(count):
            item["flags"]

    return batches(many, 10000)


def look_up_received(way):
    way.open(0)
    return look_up(way.receive())


def unpickle_and_look_up():
    text = pickle.dumps(ten_keys(1), 5)

    def many(count):
        for _ in range(count):
            pickle.loads(text)["flags"]

    return batches(many, 1000)


def send_one(way):
    way.open(1)
    way.send(ten_keys(1))
    time.sleep(60)


def attached(name, attach):
    """In a process that has not done it before."""
    before = time.perf_counter_ns()
    attach(name)
    return time.perf_counter_ns() - before


def attach_times(make):
    name, attach, remove = make()
    try:
        times = [in_child(attached, name, attach) for _ in range(3 if suite.quick else 30)]
    finally:
        remove()
    return statistics.median(times), times


def a_pool():
    way = Brine(CAPACITY, 8 << 20)
    return way.pool_name, lambda name: brine.Pool.attach(name).connect("0"), way.close


def a_block():
    block = shared_memory.SharedMemory(create=True, size=64 << 20)
    return block.name, shared_memory.SharedMemory, lambda: (block.close(), block.unlink())


# ---- memory -------------------------------------------------------------------------------------------------------

def resident(pid):
    """Bytes of its own that a process has in memory."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def write_with_pid(way):
    way.open(1)
    way.send({"pid": os.getpid()})
    number = 0
    while True:
        number += 1
        way.send(ten_keys(number))


def growth(way):
    """Bytes a packet that two processes and the pool grow by, after the first tenth."""
    way.open(0)
    writer = way.receive()["pid"]
    packets = 10000 if suite.quick else 1000000

    def used():
        return resident(writer) + resident(os.getpid()) + way.pool.info()["committed_bytes"]

    before = 0
    for number in range(1, packets + 1):
        check_ten(way.receive(), number)
        if number == packets // 10:
            before = used()
    return max(used() - before, 0) / (packets - packets // 10), []


# ---- the cases ----------------------------------------------------------------------------------------------------

def passing(way, serve, measure, *arguments, capacity=CAPACITY, nbytes=0, copied=None, touched=TOUCHED, skipped=None):
    return Contestant(way.name, lambda: beside(way(capacity, nbytes), serve, measure, *arguments), copied or way.copied, touched,
                      way.waits, way.missing or skipped, way.note)


def size_text(nbytes):
    return f"{nbytes // 1000} KB" if nbytes < 1000000 else f"{nbytes // 1000000} MB"


def no_arrays():
    return None if numpy else "numpy is not installed"


def all_cases():
    suite.run("P", "round trip, dict of 10 keys", "ns", [passing(way, answer_ten, round_trips) for way in WAYS])
    for nbytes in (8000, 800000, 8000000) if suite.quick else (8000, 800000, 8000000, 80000000):
        suite.run("P", f"round trip, dict with an array, {size_text(nbytes)}", "ns",
                  [passing(way, answer_array, array_trips, nbytes // 8, nbytes=nbytes, copied=way.copied_array, skipped=no_arrays(),
                           touched="the array's ends read on both sides, a number beside it changed") for way in WAYS])
    copies = {"brine": "the array into a packet", "shared_memory + pickle": "the array into the block",
              "ZeroMQ + msgpack": "the array into the kernel and out of it"}
    suite.run("P", "array of 8 MB sent from the process's own memory, answered by a number", "ns",
              [passing(way, answer_number, copy_trips, 1000000, nbytes=8000000, skipped=no_arrays(),
                       copied=copies.get(way.name, "pickled, into the kernel, out of it, unpickled"), touched="the array's last number read") for way in WAYS])
    many = Contestant("brine, put_many and get_many", lambda: beside(Brine(CAPACITY, 0), write_many, read_many), Brine.copied, TOUCHED,
                      Brine.waits, Brine.missing)
    suite.run("P", "one way, dict of 10 keys, capacity 64", "objects/s", higher_is_better=True,
              contestants=[passing(way, write, read) for way in WAYS] + [many])

    built = "a dict of 10 keys read"
    suite.run("P", "building from a dict of 10 keys", "ns", [
        Contestant("brine", lambda: in_child(build, lambda pool: pool.packet), "into a packet, which is freed again", built, skipped=Brine.missing),
        Contestant("pickle.dumps", lambda: in_child(build, lambda _: lambda value: pickle.dumps(value, 5)), "into bytes", built),
        Contestant("json.dumps", lambda: in_child(build, lambda _: json.dumps), "into a text", built),
        Contestant("msgpack.packb", lambda: in_child(build, lambda _: msgpack.packb), "into bytes", built, skipped=no_zmq)])
    suite.run("P", "reading one key of what was received", "ns", [
        Contestant("brine", lambda: beside(Brine(CAPACITY, 0), send_one, look_up_received), "the number", "one key", skipped=Brine.missing),
        Contestant("dict", lambda: in_child(look_up, ten_keys(1)), "nothing", "one key"),
        Contestant("pickle.loads and a dict", lambda: in_child(unpickle_and_look_up), "10 values", "all, then one key")])
    suite.run("P", "attaching for the first time in a process", "ns", [
        Contestant("brine", lambda: attach_times(a_pool), "nothing", "a pool and a pipe in it", skipped=Brine.missing),
        Contestant("shared_memory", lambda: attach_times(a_block), "nothing", "a block of 64 MiB")])
    suite.run("P", f"growth over {10000 if suite.quick else 1000000} packets", "bytes a packet", repetitions=1, contestants=[
        Contestant("brine", lambda: beside(Brine(CAPACITY, 0), write_with_pid, growth), Brine.copied, TOUCHED, Brine.waits, Brine.missing)])


all_cases()
sys.exit(0 if suite.good else 1)
