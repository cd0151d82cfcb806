# SPDX-License-Identifier: Apache-2.0
"""One stream through three processes in two languages: C, Python, C, and Python, C, Python.

The C ends are one program, c_ends.c. Who runs the tests builds it and says where it is, in BRINE_C_ENDS.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import brine
import numpy as np
import pytest

PACKETS = 500


@pytest.fixture(scope="module")
def c_ends() -> str:
    program = os.environ.get("BRINE_C_ENDS")
    if not program:
        pytest.skip("BRINE_C_ENDS does not name the C program of this test; ctest builds it")
    assert pathlib.Path(program).exists()
    return program


def message(i: int) -> dict[str, object]:
    """What a writer writes, in either language."""
    return {
        "seq": i,
        "name": f"packet {i}",
        "hdr": {"fs": 1e6, "tags": ["a", i]},
        "big": 2**100 + i,
        "raw": b"\x00\xff",
        "none": None,
        "yes": True,
        "data": np.full((2, 2 + i % 5), i, "c8"),
    }


def check(packet: brine.Packet, i: int, stages: int) -> None:
    with packet:
        expected = message(i)
        data, got = expected.pop("data"), packet.to_dict()
        assert np.array_equal(got.pop("data"), data)
        for stage in range(stages):
            assert got.pop(f"stage {stage}") == i * 10 + stage
        assert got == expected


def test_python_in_the_middle(pool: brine.Pool, c_ends: str) -> None:
    first, second = pool.serve("first", 4), pool.serve("second", 4)
    writer = subprocess.Popen([c_ends, "write", pool.name, "first", str(PACKETS)])
    reader = subprocess.Popen([c_ends, "read", pool.name, "second", str(PACKETS)])
    for i in range(PACKETS):
        packet = first.get(timeout=20)
        assert packet["seq"] == i and packet["hdr"]["tags"] == ["a", i] and packet["big"] == 2**100 + i
        packet["stage 0"] = i * 10
        second.put(packet, timeout=20)
    assert writer.wait(20) == 0 and reader.wait(20) == 0


MIDDLE = """
import sys, brine
import test_languages as t
pool = brine.Pool.attach(sys.argv[1], timeout=5)
with pool.serve("first", 4) as pipe:
    for i in range(t.PACKETS):
        pipe.put(t.message(i), timeout=20)
"""


def test_c_in_the_middle(pool: brine.Pool, c_ends: str) -> None:
    second = pool.serve("second", 4)
    here = str(pathlib.Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])}
    writer = subprocess.Popen([sys.executable, "-c", MIDDLE, pool.name], env=environment)
    middle = subprocess.Popen([c_ends, "pass", pool.name, "first", "second", str(PACKETS)])
    for i in range(PACKETS):
        check(second.get(timeout=20), i, 1)
    assert writer.wait(20) == 0 and middle.wait(20) == 0
