# SPDX-License-Identifier: Apache-2.0
"""Structured values in shared memory, passed between processes by reference through named bounded pipes.

    with brine.Pool.create("rf", "256M") as pool, pool.serve("iq", capacity=4) as pipe:
        pipe.put({"seq": 1, "data": numpy.zeros(4096, numpy.complex64)})

    with brine.Pool.attach("rf", timeout=5) as pool, pool.connect("iq", timeout=5) as pipe:
        for packet in pipe:
            print(packet["seq"], numpy.asarray(packet["data"]).sum())

A Pool is a region of shared memory that outlives its processes until Pool.unlink(). A Packet is a tree of values in
it that one process holds; a Pipe passes packets on. See the documentation of the classes.
"""

from __future__ import annotations

import os as _os

from brine import _methods
from brine._brine import (
    Arr,
    Array,
    Packet,
    Pickled,
    Pipe,
    Pool,
    Tab,
    Tup,
    __version__,
    _after_fork,
    fanout,
    wait,
)
from brine._errors import (
    AccessError,
    BusyError,
    CorruptError,
    DeletedError,
    DepthError,
    Empty,
    Error,
    ExistsError,
    ForeignError,
    Full,
    InvalidArgumentError,
    LeasedError,
    LimitError,
    MismatchError,
    NameNotAllowedError,
    NotFoundError,
    NotHeldError,
    NotSupportedError,
    OtherPoolError,
    OutOfMemoryError,
    PeerGoneError,
    RangeError,
    ReadOnlyError,
    SharedError,
    ShutDown,
    SystemCallError,
    TextError,
    Utf8Error,
    ValueTypeError,
    VersionError,
    WaitInterruptedError,
    WaitTimeoutError,
)
from brine._queue import Queue
from brine._transit import register as _register_transit

_methods.register()
_register_transit()
_os.register_at_fork(after_in_child=_after_fork)

__all__ = [
    "AccessError",
    "Arr",
    "Array",
    "BusyError",
    "CorruptError",
    "DeletedError",
    "DepthError",
    "Empty",
    "Error",
    "ExistsError",
    "ForeignError",
    "Full",
    "InvalidArgumentError",
    "LeasedError",
    "LimitError",
    "MismatchError",
    "NameNotAllowedError",
    "NotFoundError",
    "NotHeldError",
    "NotSupportedError",
    "OtherPoolError",
    "OutOfMemoryError",
    "Packet",
    "PeerGoneError",
    "Pickled",
    "Pipe",
    "Pool",
    "Queue",
    "RangeError",
    "ReadOnlyError",
    "SharedError",
    "ShutDown",
    "SystemCallError",
    "Tab",
    "TextError",
    "Tup",
    "Utf8Error",
    "ValueTypeError",
    "VersionError",
    "WaitInterruptedError",
    "WaitTimeoutError",
    "__version__",
    "fanout",
    "wait",
]
