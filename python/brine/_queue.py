# SPDX-License-Identifier: Apache-2.0
"""Queue: for code that was written for multiprocessing.Queue."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from brine._brine import Packet
from brine._methods import plain

if TYPE_CHECKING:
    from brine._brine import Pipe, Pool

DEFAULT_CAPACITY = 16384


class Queue:
    """A pipe with the interface of multiprocessing.Queue: any object in, an equal plain object out.

    Arrays that come out look into the packet, without a copy, and keep it alive; everything else is copied out. There
    is no feeder thread: what put() has put is there, also if the process is killed. Processes get it as an argument,
    or by the name. It is gone with the pool, or by unlink().

    maxsize: packets that it holds; 0: 16384. pickle: objects of types that a packet does not have are pickled, and
    unpickled by get(): only among processes that trust each other.

    Any thread may use it, and a child of fork().
    """

    def __init__(self, pool: Pool, maxsize: int = 0, *, name: str | None = None, pickle: bool = False) -> None:
        self._pickle = pickle
        self._pool = pool
        self._pipe: Pipe = pool.serve(name or f"queue.{uuid.uuid4().hex}", maxsize or (0 if name else DEFAULT_CAPACITY))

    @property
    def name(self) -> str:
        """The pipe's name."""
        return self._pipe.name

    @property
    def pipe(self) -> Pipe:
        """The pipe."""
        return self._pipe

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        """Puts a copy of an object, or a packet by reference. Full: there was no room in time."""
        packet = obj if isinstance(obj, Packet) else self._pool.packet(obj, pickle=self._pickle)
        self._pipe.put(packet, block, timeout)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Takes the oldest object. Empty: none came in time."""
        packet = self._pipe.get(block, timeout)
        packet.pickle = self._pickle
        with packet:
            return plain(packet.root, "view")

    def put_nowait(self, obj: Any) -> None:
        """put(obj, block=False)"""
        self.put(obj, False)

    def get_nowait(self) -> Any:
        """get(block=False)"""
        return self.get(False)

    def qsize(self) -> int:
        """Objects in it now."""
        return self._pipe.qsize()

    def empty(self) -> bool:
        """True if there are none now."""
        return self._pipe.empty()

    def full(self) -> bool:
        """True if there is no room now."""
        return self._pipe.full()

    def close(self) -> None:
        """This process is done with it. More than once is fine. What was put stays."""
        self._pipe.detach()

    def join_thread(self) -> None:
        """Does nothing: there is no thread."""

    def cancel_join_thread(self) -> None:
        """Does nothing: there is no thread."""

    def unlink(self) -> None:
        """Removes the pipe, and what is in it."""
        self._pool.remove(self.name)

    def __reduce__(self) -> Any:
        return _reopen, (self._pool, self.name, self._pickle)

    def __repr__(self) -> str:
        return f"<brine.Queue over {self._pipe!r}>"


def _reopen(pool: Pool, name: str, pickle: bool) -> Queue:
    return Queue(pool, name=name, pickle=pickle)
