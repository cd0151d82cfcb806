# SPDX-License-Identifier: Apache-2.0
"""How pools, pipes and packets travel between processes: by name.

A process that is sent handles attaches to each pool once. A packet becomes shared, and a share of it is published under
a name of its own until the receiver takes it away: in between it belongs to the pool, and survives its sender. Only
multiprocessing sends packets so; the plain pickle of one is that of a dict.
"""

from __future__ import annotations

import uuid
import weakref
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any

from brine._brine import Packet, Pipe, Pool
from brine._errors import NotHeldError

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "in-transit."
_pools: weakref.WeakValueDictionary[tuple[str, bytes, bool], Pool] = weakref.WeakValueDictionary()


def _identity(pool: Pool) -> tuple[str, bytes, bool]:
    return pool.name, pool.info()["uuid"], pool.pickle


def open_pool(name: str, uuid: bytes, pickle: bool) -> Pool:
    known = _pools.get((name, uuid, pickle))
    if known is not None and not known.closed:
        return known
    pool = Pool.attach(name, pickle=pickle)
    if pool.info()["uuid"] != uuid:
        pool.close()
        raise NotHeldError(f'pool "{name}" was removed and made anew since its handle was sent')
    _pools[name, uuid, pickle] = pool
    return pool


def open_pipe(pool: Pool, name: str, server: bool) -> Pipe:
    return pool.serve(name) if server else pool.connect(name)


def open_packet(pool: Pool, name: str) -> Packet:
    packet = pool.lookup(name)
    pool.unpublish(name)
    return packet


def reduce_pool(pool: Any) -> tuple[Callable[..., Pool], tuple[Any, ...]]:
    if not pool.name:
        raise TypeError("a private pool has no name to travel by: only processes that are forked have it")
    return open_pool, _identity(pool)


def reduce_pipe(pipe: Any) -> tuple[Callable[..., Pipe], tuple[Any, ...]]:
    return open_pipe, (pipe.pool, pipe.name, pipe.server)


def reduce_packet(packet: Packet) -> tuple[Callable[..., Packet], tuple[Any, ...]]:
    name = PREFIX + uuid.uuid4().hex
    packet.pool.publish(name, packet.clone())
    return open_packet, (packet.pool, name)


def register() -> None:
    ForkingPickler.register(Packet, reduce_packet)
