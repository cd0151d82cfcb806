# SPDX-License-Identifier: Apache-2.0
"""What bench/measure.hpp is for the programs in C++: cases, contestants, repetitions in turns, figures as JSON lines."""
import argparse
import collections
import json
import os
import re
import statistics
import sys


class Histogram:
    """Times in buckets of 1/32 of their size."""

    def __init__(self):
        self.buckets = collections.Counter()

    def add(self, times):
        for ns in times:
            shift = max(int(ns).bit_length() - 6, 0)
            self.buckets[int(ns) >> shift << shift] += 1

    def percentile(self, fraction):
        wanted, seen = int(fraction * sum(self.buckets.values())), 0
        for ns, count in sorted(self.buckets.items()):
            seen += count
            if seen > wanted:
                return ns
        return 0


class Contestant:
    """measure() gives (figure, nanoseconds of single operations); ValueError: wrong data. skipped: why it is not there."""

    def __init__(self, name, measure, copied="", touched="", waits="does not wait", skipped=None, note=""):
        self.name, self.measure, self.copied, self.touched, self.waits = name, measure, copied, touched, waits
        self.skipped, self.note, self.good, self.figures, self.times = skipped, note, True, [], Histogram()


class Suite:
    def __init__(self, program):
        parser = argparse.ArgumentParser()
        parser.add_argument("--quick", action="store_true", help="a smoke run: one short repetition")
        parser.add_argument("--list", action="store_true", help="what there is to match by --only")
        parser.add_argument("--repetitions", type=int, default=7)
        parser.add_argument("--only", type=lambda text: re.compile(text, re.IGNORECASE), default=re.compile(""))
        self.options, self.program, self.good = parser.parse_args(), program, True
        self.quick = self.options.quick
        self.repetitions = 1 if self.quick else max(1, self.options.repetitions)

    def run(self, workload, case, unit, contestants, higher_is_better=False, repetitions=None):
        chosen = [c for c in contestants if self.options.only.search(f"{workload} {case}: {c.name}")]
        if self.options.list:
            for c in chosen:
                print(f"{workload} {case}: {c.name}" + (f"  skipped: {c.skipped}" if c.skipped else ""))
            return
        repetitions = min(repetitions or self.repetitions, self.repetitions)
        for repetition in range(repetitions):
            for k in range(len(chosen)):
                c = chosen[(k + repetition) % len(chosen)]
                if not c.skipped:
                    print(f"{self.program}: {workload} {case}: {c.name} ({repetition + 1} of {repetitions})", file=sys.stderr)
                    self.measure(c)
        for c in chosen:
            self.good = self.good and c.good
            self.print(c, {"program": self.program, "workload": workload, "case": case, "contestant": c.name, "unit": unit,
                           "higher_is_better": higher_is_better, "copied": c.copied, "touched": c.touched, "waits": c.waits,
                           "quick": self.quick})

    @staticmethod
    def measure(c):
        try:
            figure, times = c.measure()
        except ValueError as error:
            c.good, c.note = False, str(error)
            return
        c.figures.append(figure)
        c.times.add(times)

    @staticmethod
    def print(c, row):
        if c.skipped:
            row["skipped"] = c.skipped
        else:
            row.update(checked=c.good, note=c.note, figures=c.figures, median=statistics.median_high(c.figures) if c.figures else 0)
        if c.times.buckets:
            row.update({name: c.times.percentile(f) for name, f in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))},
                       histogram=sorted(c.times.buckets.items()))
        print(json.dumps(row), flush=True)


CPUS = sorted(os.sched_getaffinity(0))


def pin(nth):
    os.sched_setaffinity(0, {CPUS[nth % len(CPUS)]})
