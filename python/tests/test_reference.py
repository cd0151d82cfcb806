# SPDX-License-Identifier: Apache-2.0
"""docs/python-api.md is what python/tools/api.py makes of the docstrings and stubs, and every docstring is there."""

from __future__ import annotations

import difflib
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(os.environ.get("BRINE_SOURCE", pathlib.Path(__file__).parents[2]))


def test_the_reference_is_up_to_date() -> None:
    tool = ROOT / "python" / "tools" / "api.py"
    run = subprocess.run([sys.executable, "-B", str(tool)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    kept = (ROOT / "docs" / "python-api.md").read_text()
    changed = list(difflib.unified_diff(kept.splitlines(), run.stdout.splitlines(), "kept", "made", lineterm="", n=1))
    assert not changed, "run: python python/tools/api.py >docs/python-api.md\n" + "\n".join(changed)
