# SPDX-License-Identifier: Apache-2.0
"""The exceptions of brine: one for each status of the C library, derived from the built-in one that fits.

The text of an exception is the library's sentence on what was asked, what was found and what to do.
"""

from __future__ import annotations

import errno as _errno
import queue as _queue
import sys
from typing import TYPE_CHECKING, Any, ClassVar

if sys.version_info >= (3, 13) and not TYPE_CHECKING:
    _StreamEnded = _queue.ShutDown
else:

    class _StreamEnded(Exception):
        pass


class Error(Exception):
    """The base of the exceptions for what the library reports. Their text says what was asked, what was found and what
    to do."""

    status: ClassVar[int] = 0
    """The status of the C library, a negative number."""

    rest: list[Any]
    """Set by Pipe.put_many(), on whatever it raises: the items that did not go."""


class InvalidArgumentError(Error, ValueError):
    """An argument is not valid."""

    status = -1


class NameNotAllowedError(Error, ValueError):
    """The name of a pool, pipe or published value is not allowed."""

    status = -2


class NotFoundError(Error, FileNotFoundError):
    """There is no such pool, pipe or published value, or it did not come in time."""

    status = -3
    errno = _errno.ENOENT


class ExistsError(Error, FileExistsError):
    """The name exists already."""

    status = -4
    errno = _errno.EEXIST


class AccessError(Error, PermissionError):
    """The operating system does not permit it."""

    status = -5
    errno = _errno.EACCES


class OutOfMemoryError(Error, MemoryError):
    """The pool, /dev/shm or a limit is full; the text has the numbers."""

    status = -6


class LimitError(Error, OSError):
    """A fixed limit is reached."""

    status = -7
    errno = _errno.ENOSPC


class WaitTimeoutError(Error, TimeoutError):
    """The deadline passed. Pipes raise Empty and Full instead."""

    status = -8
    errno = _errno.ETIMEDOUT


class WaitInterruptedError(Error, InterruptedError):
    """Pipe.interrupt() or Pool.interrupt() was called."""

    status = -9
    errno = _errno.EINTR


class ShutDown(Error, EOFError, _StreamEnded):
    """The stream has ended, and everything was taken. From Python 3.13 on also a queue.ShutDown."""

    status = -10


class NotHeldError(Error, ValueError):
    """The packet was closed, given away, or belongs to another process."""

    status = -11


class OtherPoolError(Error, ValueError):
    """The packet belongs to another pool."""

    status = -12


class SharedError(Error, TypeError):
    """The packet is shared and so immutable; own() gives a changeable one."""

    status = -13


class ValueTypeError(Error, TypeError):
    """The value has another type."""

    status = -14


class RangeError(Error, OverflowError):
    """The number does not fit without loss."""

    status = -15


class TextError(Error, ValueError):
    """The text cannot be parsed."""

    status = -16


class DepthError(Error, RecursionError):
    """The value is nested too deeply."""

    status = -17


class Utf8Error(Error, ValueError):
    """The text is not valid UTF-8."""

    status = -18


class VersionError(Error, OSError):
    """The pool has another format version or layout."""

    status = -19


class ForeignError(Error, OSError):
    """The file is not a brine pool of this kind of machine."""

    status = -20


class CorruptError(Error, OSError):
    """The pool or packet is damaged."""

    status = -21


class MismatchError(Error, ValueError):
    """The pipe exists with other properties."""

    status = -22


class BusyError(Error, OSError):
    """The object is in use."""

    status = -23
    errno = _errno.EBUSY


class PeerGoneError(Error, ConnectionError):
    """The peer that Pipe.expect() expects is gone."""

    status = -24
    errno = _errno.EPIPE


class ReadOnlyError(Error, PermissionError):
    """The pool is attached read-only."""

    status = -25
    errno = _errno.EROFS


class SystemCallError(Error, OSError):
    """The operating system refused something."""

    status = -26


class NotSupportedError(Error, OSError):
    """It is not supported here."""

    status = -27
    errno = _errno.ENOTSUP


class LeasedError(Error, TypeError):
    """The packet is leased and cannot be changed; ack() makes it the caller's own."""

    status = -28


class DeletedError(Error, LookupError):
    """The value that a Tab, Arr, Tup or Array is a view of was deleted."""

    status = -3


class Empty(Error, _queue.Empty):
    """Nothing came in time."""

    status = -8


class Full(Error, _queue.Full):
    """There was no room in time."""

    status = -8


BY_STATUS: dict[int, type[Error]] = {
    c.status: c for c in Error.__subclasses__() if c not in (DeletedError, Empty, Full)
}
