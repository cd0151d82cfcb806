# SPDX-License-Identifier: Apache-2.0
"""Writes docs/python-api.md to the standard output: signatures from the stubs, texts from the docstrings.

python python/tools/api.py >docs/python-api.md, in an environment where the package of this version is installed. What
a class inherits is told once, where it comes from.
"""

from __future__ import annotations

import ast
import inspect
import pathlib
import re
import sys
from collections.abc import Iterator

import brine

PACKAGE = pathlib.Path(brine.__file__).parent
SOURCES: dict[ast.AST, str] = {}
CLASSES = ["Pool", "Pipe", "Packet", "Tab", "Arr", "Tup", "Array", "Pickled", "Queue"]
FUNCTIONS = ["wait", "fanout"]
SHOWN = {"__dlpack__", "__dlpack_device__", "__array_interface__"}

HEAD = """# The Python package: reference

Every class and function of `import brine`, made from the docstrings, which `help(brine.Pool)` shows as well. The guide
is [Python](python.md).

Timeouts are in seconds; `None` waits for ever, 0 does not wait. Sizes are in bytes, or texts such as `'256M'`. Names of
pools, pipes and published values have up to 63 letters, digits and `_-.:@+`. What any call may raise beyond what stands
at it: `NotHeldError` for a packet that is gone, `DeletedError` for a value that is gone, `ValueError` for a pool or
pipe that is closed, `TypeError` for arguments of a wrong type.
"""


def definitions() -> dict[str, ast.stmt]:
    """Classes and functions by name, as they are written down with types."""
    found: dict[str, ast.stmt] = {}
    for source in [(PACKAGE / name).read_text() for name in ("_brine.pyi", "_queue.py")]:
        tree = ast.parse(source)
        SOURCES.update((node, source) for node in ast.walk(tree))
        found.update((d.name, d) for d in tree.body if isinstance(d, (ast.ClassDef, ast.FunctionDef)))
    return found


def written(definition: ast.AST) -> str:
    return ast.get_source_segment(SOURCES[definition], definition) or ""


def signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """As it is written down: unparsing would lose 0o600."""
    found = re.match(r"(?:async )?def \w+\((.*?)\)\s*->\s*(.*?):\s*(?:\.\.\.|\n|$)", written(function), re.DOTALL)
    if not found:
        raise ValueError(f"not understood: {written(function)}")
    arguments = [a for a in split(" ".join(found[1].split())) if a not in ("self", "cls", "/", "")]
    text = ", ".join(arguments).replace("_Shape", "int | Iterable[int]").replace("_Arrays", "Literal['copy', 'view']")
    await_ = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
    return f"{await_}{function.name}({text}) -> {found[2].replace('_List', 'list')}".replace('"', "'")


def split(arguments: str) -> list[str]:
    """At the commas that are not in brackets."""
    parts, depth = [""], 0
    for letter in arguments:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def decorators(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    return {ast.unparse(d) for d in function.decorator_list}


def paragraphs(text: str | None, indent: str) -> str:
    if not text:
        raise ValueError("a docstring is missing")
    joined = [" ".join(p.split()) for p in inspect.cleandoc(text).split("\n\n")]
    return "\n\n".join(indent + p for p in joined)


def members(name: str, definition: ast.ClassDef) -> Iterator[str]:
    kind = getattr(brine, name)
    seen: set[str] = set()
    for member in definition.body:
        if not isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)) or member.name in seen:
            continue
        if member.name.startswith("_") and member.name not in SHOWN:
            continue
        seen.add(member.name)
        how = decorators(member)
        runtime = inspect.getattr_static(kind, member.name)
        try:
            text = paragraphs(inspect.getdoc(runtime if "property" in how else getattr(kind, member.name)), "  ")
        except ValueError as error:
            raise ValueError(f"{name}.{member.name}") from error
        if "property" in how:
            settable = f"@{member.name}.setter" in written(definition)
            result = ast.unparse(member.returns) if member.returns else "Any"
            yield f"- `{member.name}: {result}`{' (may be set)' if settable else ''}\n\n{text}\n"
        else:
            yield f"- `{signature(member)}`{' (class method)' if 'classmethod' in how else ''}\n\n{text}\n"


def lower(text: str) -> str:
    return text[0].lower() + text[1:]


def errors() -> Iterator[str]:
    told = lower(paragraphs(brine.Error.__doc__, ""))
    yield f"## Errors\n\n`Error`, an `Exception`: {told} `status` is the code of the C library.\n\n"
    yield "| | is also | |\n|---|---|---|\n"
    for name in brine.__all__:
        kind = getattr(brine, name)
        if isinstance(kind, type) and issubclass(kind, brine.Error) and kind is not brine.Error:
            # queue.ShutDown is there from Python 3.13 on, and is told in the text.
            untold = (brine.Error.__name__, "_StreamEnded", "ShutDown")
            bases = [b for b in kind.__bases__ if b.__name__ not in untold]
            also = ", ".join(f"`{'queue.' * (b.__module__ in ('queue', '_queue'))}{b.__name__}`" for b in bases)
            yield f"| `{name}` | {also} | {paragraphs(kind.__doc__, '')} |\n"


def page() -> str:
    told = definitions()
    parts = [HEAD]
    for name in CLASSES:
        definition = told[name]
        assert isinstance(definition, ast.ClassDef)
        bases = [ast.unparse(b).replace("[Any, Any]", "").replace("[Any]", "") for b in definition.bases]
        parts.append(f"\n## {name}" + (f" ({', '.join(bases)})" if bases else "") + "\n\n")
        parts.append(paragraphs(inspect.getdoc(getattr(brine, name)), "") + "\n\n")
        parts.append("\n".join(members(name, definition)))
    parts.append("\n## Functions\n\n")
    for name in FUNCTIONS:
        function = told[name]
        assert isinstance(function, ast.FunctionDef)
        parts.append(f"- `{signature(function)}`\n\n{paragraphs(inspect.getdoc(getattr(brine, name)), '  ')}\n\n")
    parts += errors()
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
