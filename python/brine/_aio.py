# SPDX-License-Identifier: Apache-2.0
"""Pipes in asyncio. A task tries, and if nothing can be done waits until the pipe's descriptor is readable, and tries
again.

The tasks that wait on one side of a pipe in one event loop share a Side, which is there only as long as they are. All
are woken at once: who finds nothing waits again, so that a task that was cancelled after it was woken takes nothing
with it. Nothing is taken from a pipe before somebody is certain to get it.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from brine._brine import Packet
from brine._errors import Empty, Full

if TYPE_CHECKING:
    from collections.abc import Callable

    from brine._brine import Pipe


class Side:
    """What waits on one side of a pipe in one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int, gone: Callable[[], object]) -> None:
        self.loop = loop
        self.fd = os.dup(fd)  # the pipe may be closed, and its number used again, before the loop forgets it
        self.gone = gone
        self.waiting: set[asyncio.Future[None]] = set()
        loop.add_reader(self.fd, self.wake)

    def wake(self) -> None:
        for future in self.waiting:
            if not future.done():
                future.set_result(None)

    def leave(self, future: asyncio.Future[None]) -> None:
        self.waiting.discard(future)
        if not self.waiting:
            self.gone()
            self.loop.remove_reader(self.fd)
            os.close(self.fd)


def _side(pipe: Any, writing: bool) -> Side:
    loop = asyncio.get_running_loop()
    sides: dict[tuple[int, bool], Side] = pipe._waiters
    if sides is None:
        sides = pipe._waiters = {}
    key = id(loop), writing
    if key not in sides:
        fd = pipe.writable_fileno() if writing else pipe.fileno()
        sides[key] = Side(loop, fd, lambda: sides.pop(key, None))
    return sides[key]


async def _until_ready(pipe: Any, writing: bool) -> None:
    side = _side(pipe, writing)
    future = side.loop.create_future()
    side.waiting.add(future)
    try:
        await future
    finally:
        side.leave(future)


def closed(sides: dict[Any, Side]) -> None:
    """The pipe was closed, in any thread: who waits is to find out."""
    for side in list(sides.values()):
        try:
            side.loop.call_soon_threadsafe(side.wake)
        except RuntimeError:
            pass  # that loop is closed, and nobody waits in it


async def _retry(pipe: Any, writing: bool, attempt: Callable[[], Any], timeout: float | None) -> Any:
    nothing = Full if writing else Empty
    try:
        async with asyncio.timeout(timeout):
            while True:
                try:
                    return attempt()
                except nothing as error:
                    last = error
                    await _until_ready(pipe, writing)
    except TimeoutError:
        raise last from None


async def aget(pipe: Pipe, timeout: float | None) -> Packet:
    packet: Packet = await _retry(pipe, False, pipe.get_nowait, timeout)
    return packet


async def aput(pipe: Pipe, item: Any, timeout: float | None) -> None:
    packet = item if isinstance(item, Packet) else pipe.pool.packet(item)
    await _retry(pipe, True, lambda: pipe.put_nowait(packet), timeout)
