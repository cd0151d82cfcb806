#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Workload E in CPython, called by the programs value and text.

values.py dict N LENGTH build|build_free|hit|miss|iterate BUDGET_NS    ns for each key
values.py json|literal parse|print FILE BUDGET_NS                      MB/s
Prints "ok FIGURE", the median over rounds, or "wrong".
"""
import ast
import gc
import json
import random
import sys
import time

ROUND_KEYS = 2000


def median_of(round_, budget_ns):
    times, begin = [], time.monotonic_ns()
    while len(times) < 3 or time.monotonic_ns() - begin < budget_ns:
        times.append(round_())
    times = sorted(times[1:])
    return times[len(times) // 2]


def clocked(work):
    begin = time.perf_counter_ns()
    result = work()
    return time.perf_counter_ns() - begin, result


def build(keys):
    table, value = {}, 0
    for key in keys:
        table[key] = value
        value += 1
    return table


def dict_case(n, length, what, budget_ns):
    names = [("key_" + str(i), "kex_" + str(i)) for i in range(n)]
    keys, missing = ([name[:4] + "_" * (length - len(name)) + name[4:] for name in column] for column in zip(*names))
    table, many, expected = build(keys), max(1, ROUND_KEYS // n), n * (n - 1) // 2
    shuffled = (missing if what == "miss" else keys)[:]
    random.Random(42).shuffle(shuffled)

    def build_round():
        ns, tables = clocked(lambda: [build(keys) for _ in range(many)])
        return ns if all(len(t) == n for t in tables) else sys.exit("wrong")

    def build_free_round():
        def work():
            for _ in range(many):
                build(keys)
        return clocked(work)[0]

    def read_round():
        def work():
            total = 0
            for _ in range(many):
                if what == "iterate":
                    for value in table.values():
                        total += value
                else:
                    get = table.get
                    for key in shuffled:
                        total += get(key, -1)
            return total
        ns, total = clocked(work)
        return ns if total == many * (-n if what == "miss" else expected) else sys.exit("wrong")

    rounds = {"build": build_round, "build_free": build_free_round}
    return median_of(rounds.get(what, read_round), budget_ns) / (n * many)


def text_case(kind, what, file, budget_ns):
    with open(file, encoding="utf-8") as stream:
        text = stream.read()
    read = json.loads if kind == "json" else ast.literal_eval
    write = (lambda v: json.dumps(v, ensure_ascii=False, separators=(",", ":"))) if kind == "json" else repr
    value = read(text)
    if read(write(value)) != value:
        sys.exit("wrong")
    size = len((text if what == "parse" else write(value)).encode("utf-8"))
    return size * 1000 / median_of(lambda: clocked(lambda: read(text) if what == "parse" else write(value))[0], budget_ns)


def main(arguments):
    gc.disable()  # what is measured makes no cycles
    if arguments[0] == "dict":
        figure = dict_case(int(arguments[1]), int(arguments[2]), arguments[3], int(arguments[4]))
    else:
        figure = text_case(arguments[0], arguments[1], arguments[2], int(arguments[3]))
    print("ok", figure)


main(sys.argv[1:])
