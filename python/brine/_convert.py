# SPDX-License-Identifier: Apache-2.0
"""What the extension asks for when it meets something rare: dates, arrays of other libraries, pickles.

Dates are arrays of opaque items of 8 bytes, with numpy's name as their format: "M8[us]" and so on. A single one has no
dimensions. A datetime with a time zone has its offset from UTC in seconds behind the format: "M8[us]+3600".
"""

from __future__ import annotations

import datetime
import pickle
import struct
import sys
from collections import OrderedDict
from typing import Any

__all__ = ["OrderedDict", "adapt", "array_out", "dtype", "moment"]

_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_UTC = datetime.timezone.utc


def _numpy() -> Any:
    """numpy, if it can be imported: who has its objects has it."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def _ticks(value: int, format: str) -> tuple[str, Any, str]:
    if not -(2**63) <= value < 2**63:
        raise OverflowError("a packet has durations of up to 292271 years, in microseconds")
    return "raw", memoryview(struct.pack("=q", value)).cast("q", ()), format


def _date(value: Any) -> tuple[str, Any, str] | None:
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset()
        if offset is None:
            return _ticks((value - _EPOCH) // _MICROSECOND, "M8[us]")
        wall = value.replace(tzinfo=None) - offset
        return _ticks((wall - _EPOCH) // _MICROSECOND, f"M8[us]{offset // datetime.timedelta(seconds=1):+d}")
    if isinstance(value, datetime.date):
        return _ticks(value.toordinal() - _EPOCH.toordinal(), "M8[D]")
    if isinstance(value, datetime.timedelta):
        return _ticks(value // _MICROSECOND, "m8[us]")
    return None


def moment(format: str, ticks: int) -> Any:
    """The date or duration that a single item of such a format stands for."""
    unit, _, offset = format[3:].partition("]")
    try:
        if format[0] == "m" and unit == "us":
            return datetime.timedelta(microseconds=ticks)
        if format[0] == "M" and unit == "D":
            return datetime.date.fromordinal(ticks + _EPOCH.toordinal())
        if format[0] == "M" and unit == "us":
            wall = _EPOCH + datetime.timedelta(microseconds=ticks)
            if not offset:
                return wall
            zone = datetime.timezone(datetime.timedelta(seconds=int(offset)))
            return wall.replace(tzinfo=_UTC).astimezone(zone)
    except (ValueError, OverflowError):
        pass  # beyond what datetime can say
    numpy = _numpy()
    if numpy is None:
        return ticks
    kind = numpy.datetime64 if format[0] == "M" else numpy.timedelta64
    return kind(ticks, unit)


def _array(value: Any, pickling: bool) -> Any:
    """What other libraries have of arrays in memory, as numpy's.

    A table is more than its elements, and what can only be converted to an array may be: with pickle=True it is kept.
    """
    if not any(hasattr(value, name) for name in ("__array_interface__", "__dlpack__")):
        if pickling or hasattr(value, "columns") or not hasattr(value, "__array__"):
            return None
    numpy = _numpy()
    if numpy is None:
        return None
    try:
        return numpy.asarray(value)
    except (TypeError, ValueError, RuntimeError):
        return None


def adapt(value: Any, pickling: bool) -> tuple[Any, ...]:
    """What the extension is to put into a packet instead of the value: see build_adapted() there."""
    date = _date(value)
    if date is not None:
        return date
    array = _array(value, pickling)
    if array is not None and array.dtype.kind in "mM":
        ticks = array.astype(array.dtype.newbyteorder("="), copy=False).view("i8")
        return "raw", ticks, array.dtype.str[1:]
    if array is not None and array.dtype.kind != "O" and array is not value:
        return "value", array
    if pickling:
        return "pickle", _pickled(value)
    if hasattr(value, "columns") and hasattr(value, "__array__"):
        raise TypeError(
            f"a {type(value).__qualname__} cannot be put into a packet, but its columns can, as a dict of arrays; "
            "pickle=True, on both sides, pickles it"
        )
    raise TypeError(
        f"a {type(value).__qualname__} cannot be put into a packet: it may be None, a bool, number, str, bytes, date, "
        "dict, list, tuple or array; pickle=True, on both sides, pickles anything else"
    )


def _pickled(value: Any) -> tuple[Any, ...]:
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return (data, *(b.raw() for b in buffers))


def dtype(given: Any) -> tuple[str, int]:
    """The buffer format and size of what numpy.dtype() takes."""
    numpy = _numpy()
    if numpy is None:
        raise TypeError(f"no element type is called {given!r} (numpy, which knows more of them, is not installed)")
    wanted = numpy.dtype(given)
    if wanted.hasobject:
        raise TypeError("arrays of Python objects cannot be in shared memory")
    if wanted.kind in "mM":
        return wanted.str[1:], wanted.itemsize
    return memoryview(numpy.empty(0, wanted)).format, wanted.itemsize


def array_out(array: Any, view: bool) -> Any:
    """An Array as numpy's, or without numpy as a memoryview; a view or a copy."""
    numpy = sys.modules.get("numpy") or _numpy()
    if numpy is not None:
        out = numpy.asarray(array)
        if out.dtype.kind == "V" and array.format[:2] in ("M8", "m8"):
            out = out.view(array.format.partition("+")[0])
        return out if view else out.copy()
    seen: Any = memoryview(array)
    if view:
        return seen
    flat: Any = memoryview(bytearray(seen.tobytes()))
    try:
        return flat.cast(seen.format, seen.shape) if seen.nbytes else flat
    except (TypeError, ValueError, NotImplementedError):
        return flat  # complex, half and opaque items: the bytes
