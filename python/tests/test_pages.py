# SPDX-License-Identifier: Apache-2.0
"""What the pages show runs as it stands there.

Each page is one program: its ```python blocks run one after the other in a process of their own, in one namespace, and
a comment "# -> value" behind an expression is compared with the repr of what it gives. A block that begins with
"# name.py" is a file that the others may import. Those of README.md are quoted from examples.
"""

from __future__ import annotations

import ast
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(os.environ.get("BRINE_SOURCE", pathlib.Path(__file__).parents[2]))
PAGES = ["docs/python.md", "docs/coming-from-python.md"]


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def test_the_readme_quotes_the_examples() -> None:
    quoted = blocks("README.md")
    examples = [(ROOT / "python" / "examples" / f"{name}.py").read_text() for name in ("writer", "reader")]
    assert len(quoted) == 2
    for block, example in zip(quoted, examples):
        assert example.endswith('"""\n\n' + block)


def checked(block: str) -> str:
    """The block with a check in place of each expression that says what it gives."""
    lines = block.splitlines()
    said_so = block.count("  # -> ")
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.Expr) and node.end_lineno is not None:
            code, arrow, said = lines[node.end_lineno - 1].partition("  # -> ")
            if arrow:
                assert node.lineno == node.end_lineno, f"over several lines: {code}"
                indent = code[: len(code) - len(code.lstrip())]
                lines[node.lineno - 1] = f"{indent}_check(({code.strip()}), {said!r})"
                said_so -= 1
    assert said_so == 0, f"not all that is said can be checked in:\n{block}"
    return "\n".join(lines)


PROLOGUE = """
def _check(found, said):
    assert repr(found) == said, f"gives {found!r}, and not {said}"
"""


@pytest.mark.parametrize("page", PAGES)
def test_pages(page: str, tmp_path: pathlib.Path) -> None:
    program = [PROLOGUE]
    for block in blocks(page):
        if file := re.match(r"# (\w+\.py)\n", block):
            (tmp_path / file[1]).write_text(block)
        else:
            program.append(checked(block))
    assert len(program) > 5
    (tmp_path / "page").write_text("\n".join(program))
    # Not a file that is run: processes that are spawned would run it, too.
    main = "import pathlib; exec(compile(pathlib.Path('page').read_text(), 'page', 'exec'))"
    run = subprocess.run(
        [sys.executable, "-W", "default", "-c", main], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert run.returncode == 0, run.stdout + run.stderr
