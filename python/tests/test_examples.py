# SPDX-License-Identifier: Apache-2.0
"""The programs that people copy: each runs, says what it should, and leaves nothing behind."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import subprocess
import sys

import brine
import pytest

ROOT = pathlib.Path(os.environ.get("BRINE_SOURCE", pathlib.Path(__file__).parents[2]))
EXAMPLES = ROOT / "python" / "examples"
SECONDS = 60  # far more than any of them takes

SAYS = {
    "async_consumer": ["200 answers; orders: 10618.75, trades: 10618.75"],
    "columns": ["pyarrow: 100000 ['id', 'price', 'symbol'] SELL 99999"],
    "frames": ["200 frames of (480, 640, 3), 99.5 bright on average"],
    "jobs": ["20 jobs done, the first one at the second attempt: its worker was killed"],
    "loader": ["60 batches of 64 images as ", ", 29.5"],
    "workers": [
        f"{how}: 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000\n"
        for how in ("multiprocessing.Pool", "concurrent.futures")
    ],
}


def start(program: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "default", str(EXAMPLES / f"{program}.py")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str]) -> str:
    try:
        out, errors = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, out + errors
    assert errors == ""
    return out


def test_every_example_is_tested() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.py")} == {*SAYS, "reader", "writer"}


@pytest.mark.parametrize("program", SAYS)
def test_examples(program: str) -> None:
    if program == "columns" and not importlib.util.find_spec("pyarrow"):
        pytest.skip("pyarrow is not installed")
    out = end(start(program))
    for text in SAYS[program]:
        assert text in out
    if program == "columns":
        for library in ("pandas", "polars"):
            assert bool(importlib.util.find_spec(library)) == (f"{library}: 1.500\n" in out)
    assert brine.Pool.list() == []


def test_writer_and_reader() -> None:
    reader = start("reader")
    assert end(start("writer")) == ""
    lines = end(reader).splitlines()
    assert len(lines) == 1000 and lines[999] == "999: 4096 numbers at 1000000.0 a second, the sum is 0+0j"


@pytest.mark.parametrize("twin", ["reader", "writer"])
def test_c_twins(twin: str) -> None:
    """Either end of the example may be the one in C."""
    program = pathlib.Path(os.environ.get("BRINE_EXAMPLES", "nowhere")) / twin
    if not program.exists():
        pytest.skip(f"{program} is not built")
    here = start("reader" if twin == "writer" else "writer")
    there = subprocess.Popen([program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = (end(there) + end(here)).splitlines()
    assert len(lines) == 1000 and lines[999].startswith("999: 4096 numbers")
