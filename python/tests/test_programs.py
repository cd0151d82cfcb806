# SPDX-License-Identifier: Apache-2.0
"""The demonstration runs; the stubs and the typed modules agree with what is there."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import brine
import pytest

HERE = pathlib.Path(__file__).parent
PACKAGE = pathlib.Path(brine.__file__).parent


def test_demo() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "brine", "--frames", "300", "--bytes", "100000"],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert run.returncode == 0, run.stderr
    assert "300 packets" in run.stdout and run.stderr == ""


def mypy(*arguments: str) -> None:
    pytest.importorskip("mypy")
    run = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, timeout=300, cwd=HERE)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_package_is_typed(tmp_path: pathlib.Path) -> None:
    assert (PACKAGE / "py.typed").exists() and (PACKAGE / "_brine.pyi").exists()
    mypy("mypy", "--strict", "--cache-dir", str(tmp_path), "-p", "brine")


def test_stubs(tmp_path: pathlib.Path) -> None:
    mypy("mypy.stubtest", "brine", "--allowlist", str(HERE / "stubtest-allow.txt"), "--ignore-unused-allowlist")


def test_uses_are_typed(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "use.py"
    program.write_text(
        """
from collections.abc import MutableMapping
import brine

def work(pool: brine.Pool, pipe: brine.Pipe) -> int:
    packet: MutableMapping[str, int] = pool.packet({"a": 1})
    pipe.put(packet, timeout=1.5)
    with pipe.get(timeout=1) as got:
        array: brine.Array = got.array("x", (1, 2), "f4")
        view = memoryview(array)
        names: list[str] = [*got.keys()]
        return len(names) + view.nbytes

async def consume(pipe: brine.Pipe) -> None:
    async for packet in pipe:
        reveal_type(packet)
"""
    )
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(program)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0 and 'Revealed type is "brine._brine.Packet"' in run.stdout, run.stdout


def test_examples_are_typed(tmp_path: pathlib.Path) -> None:
    examples = pathlib.Path(os.environ.get("BRINE_SOURCE", HERE.parent.parent)) / "python" / "examples"
    if not list(examples.glob("*.py")):
        pytest.skip(f"there are no examples in {examples}")
    mypy("mypy", "--strict", "--cache-dir", str(tmp_path), *map(str, sorted(examples.glob("*.py"))))
