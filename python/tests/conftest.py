# SPDX-License-Identifier: Apache-2.0
"""What all tests share: a pool folder of their own, pools with a name, and a check that nothing is left behind."""

from __future__ import annotations

import os
import pathlib
import tempfile
from collections.abc import Iterator

import hypothesis
import pytest

# Before brine is used: pools of tests never meet those of others, and children find the folder, too.
_folder = tempfile.TemporaryDirectory(prefix="brine-pytest.", dir=os.environ.get("BRINE_DIR", "/dev/shm"))
os.environ["BRINE_DIR"] = _folder.name

import brine  # noqa: E402

DEEP = os.environ.get("BRINE_PYTHON_DEEP") == "1"

hypothesis.settings.register_profile("default", max_examples=60, deadline=None, derandomize=False, print_blob=True)
hypothesis.settings.register_profile("deep", max_examples=2000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("deep" if DEEP else "default")


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> Iterator[brine.Pool]:
    name = "t" + request.node.name.translate({ord(c): "_" for c in "[]()/, '\""})[:50]
    with brine.Pool.create(name, "256M") as made:
        yield made
    brine.Pool.unlink(name)


@pytest.fixture
def pipe(pool: brine.Pool) -> Iterator[brine.Pipe]:
    with pool.serve("p", 8) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    yield
    left = sorted(os.listdir(_folder.name))
    for name in left:
        (pathlib.Path(_folder.name) / name).unlink()
    assert not left, f"pools left behind: {left}"


def pytest_sessionfinish() -> None:
    _folder.cleanup()
