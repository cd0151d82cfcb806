# SPDX-License-Identifier: Apache-2.0
# test: timeout=900
# The benchmarks work and what they receive is right: a smoke run of all of them. Nothing here fails on time.
set -eu
: "${BRINE_SOURCE:?the project}" "${BRINE_SUITE_BUILD:?a folder to build in}"
command -v c++ >/dev/null || { echo "SKIP: there is no C++ compiler"; exit 77; }

build=$BRINE_SUITE_BUILD/bench
mkdir -p "$BRINE_SUITE_BUILD"
BENCH_QUICK=1 "$BRINE_SOURCE/bench/run" "$build" >"$build.out" 2>&1 || { tail -50 "$build.out"; exit 1; }
python3 - "$build/report.json" <<'PYTHON'
import json
import sys

results = json.load(open(sys.argv[1], encoding="utf-8"))["results"]
measured = [r for r in results if not r.get("skipped")]
wrong = [r for r in measured if not r["checked"] or not r["figures"]]
for r in wrong:
    print("wrong:", r["workload"], r["case"], r["contestant"], r["note"])
unavailable = sorted({r["skipped"] for r in results if r["program"] == "objects" and r["contestant"] == "brine" and r.get("skipped")})
for why in unavailable:  # it comes from PyPI what builds the package
    print("skipped: Python objects:", why)
for program in ("heap", "value", "text", "pipe", "end_to_end") + (() if unavailable else ("objects",)):
    ours = [r for r in measured if r["program"] == program and r["contestant"].startswith("brine")]
    print(program, len(ours), "of brine,", len([r for r in measured if r["program"] == program]), "in all")
    assert ours, "no figure of brine from " + program
ours = [r for r in measured if r["contestant"] == "brine.hpp"]
assert len(ours) == 5, "no figures of the C++ header"
sys.exit(1 if wrong else 0)
PYTHON
