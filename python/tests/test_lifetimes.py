# SPDX-License-Identifier: Apache-2.0
"""Whatever is deleted, closed, given away or forked, in whatever order: no crash, and what views show stays as it was.

Views are made of packets, pools are closed under them, packets are put into pipes, shared, owned, leased, dropped; in
between the process forks, and the child uses everything it has and ends. A crash of a child or of this process fails
the test.
"""

from __future__ import annotations

import gc
import os
import signal
from typing import Any

import brine
import hypothesis
import numpy as np
from conftest import DEEP
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

expected = (brine.Error, BufferError, ValueError, KeyError, TypeError, LookupError)
BIG = 20000  # elements: a packet of its own


class View:
    """An array or buffer that looks into a packet, and what it showed first."""

    def __init__(self, seen: Any) -> None:
        self.seen = seen
        self.value = bytes(memoryview(seen).tobytes())

    def check(self) -> None:
        assert memoryview(self.seen).tobytes() == self.value


class Lifetimes(RuleBasedStateMachine):
    pools = Bundle("pools")
    pipes = Bundle("pipes")
    packets = Bundle("packets")
    arrays = Bundle("arrays")
    values = Bundle("values")

    def __init__(self) -> None:
        super().__init__()
        self.views: list[View] = []
        self.number = 0

    def may(self, call: Any) -> Any:
        try:
            return call()
        except expected:
            return None

    @rule(target=pools)
    def create(self) -> Any:
        return brine.Pool.create_private("4M")

    @rule(pool=pools)
    def close_pool(self, pool: brine.Pool) -> None:
        pool.close()

    @rule(pool=consumes(pools))
    def drop_pool(self, pool: brine.Pool) -> None:
        pass

    @rule(target=pipes, pool=pools, leases=st.booleans())
    def serve(self, pool: brine.Pool, leases: bool) -> Any:
        return self.may(lambda: pool.serve("leased" if leases else "plain", 2, leases=leases))

    @rule(pipe=pipes)
    def close_pipe(self, pipe: Any) -> None:
        if pipe is not None:
            pipe.close()

    @rule(pipe=consumes(pipes))
    def drop_pipe(self, pipe: Any) -> None:
        pass

    @rule(target=packets, pool=pools, big=st.booleans())
    def packet(self, pool: brine.Pool, big: bool) -> Any:
        self.number += 1
        a = np.full(BIG if big else 5, self.number, "i8")
        return self.may(lambda: pool.packet({"a": a, "t": {"b": a, "x": [a]}, "n": self.number}))

    @rule(target=arrays, packet=packets, path=st.sampled_from(["/a", "/t/b", "/t/x/0"]))
    def array(self, packet: Any, path: str) -> Any:
        return self.may(lambda: packet.path(path)) if packet is not None else None

    @rule(target=values, packet=packets, key=st.sampled_from(["t", "a"]))
    def value(self, packet: Any, key: str) -> Any:
        return self.may(lambda: packet[key]) if packet is not None else None

    @rule(value=values)
    def use_value(self, value: Any) -> None:
        if isinstance(value, brine.Tab):
            self.may(lambda: value.to_dict())
            self.may(lambda: value.__setitem__("new", 1))
        repr(value)

    @rule(array=arrays, how=st.sampled_from([np.asarray, np.from_dlpack, memoryview, lambda a: np.asarray(a)[::2]]))
    def look(self, array: Any, how: Any) -> None:
        seen = self.may(lambda: how(array)) if isinstance(array, brine.Array) else None
        if seen is not None:
            self.views.append(View(seen))

    @rule(array=arrays)
    def interface(self, array: Any) -> None:
        if isinstance(array, brine.Array):
            self.may(lambda: array.__array_interface__)
            self.may(lambda: array.__dlpack__(max_version=(1, 0)))

    @rule(array=consumes(arrays))
    def drop_array(self, array: Any) -> None:
        pass

    @rule(index=st.integers(0, 20))
    def drop_view(self, index: int) -> None:
        if index < len(self.views):
            del self.views[index]

    @rule(
        packet=packets,
        action=st.sampled_from(
            ["close", "share", "clone", "own", "compact", "ack", "nack", "validate", "copy", "clear"]
        ),
    )
    def act(self, packet: Any, action: str) -> None:
        if packet is not None:
            self.may(getattr(packet, action))

    @rule(target=packets, packet=packets)
    def clone(self, packet: Any) -> Any:
        return self.may(packet.clone) if packet is not None else None

    @rule(packet=packets, key=st.sampled_from(["a", "t"]))
    def replace(self, packet: Any, key: str) -> None:
        if packet is not None:
            self.may(lambda: packet.__setitem__(key, 1))
            self.may(lambda: packet.pop(key))

    @rule(target=packets, packet=packets)
    def take(self, packet: Any) -> Any:
        return self.may(lambda: packet.take("a")) if packet is not None else None

    @rule(packet=packets, other=packets)
    def adopt(self, packet: Any, other: Any) -> None:
        if packet is not None and other is not None:
            self.may(lambda: packet.adopt("adopted", other))

    @rule(packet=consumes(packets))
    def drop_packet(self, packet: Any) -> None:
        pass

    @rule(pipe=pipes, packet=packets)
    def put(self, pipe: Any, packet: Any) -> None:
        if pipe is not None and packet is not None:
            self.may(lambda: pipe.put_nowait(packet))

    @rule(target=packets, pipe=pipes)
    def get(self, pipe: Any) -> Any:
        return self.may(pipe.get_nowait) if pipe is not None else None

    @rule(pipe=pipes)
    def descriptor(self, pipe: Any) -> None:
        if pipe is not None:
            self.may(pipe.fileno)

    @rule()
    def collect(self) -> None:
        gc.collect()

    @rule()
    def fork(self) -> None:
        child = os.fork()
        if child == 0:
            try:
                self.in_child()
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0, "the child was killed by a signal"

    def in_child(self) -> None:
        """Touches everything; arrays of the parent may show anything, but may be looked at."""
        signal.alarm(20)
        for view in self.views:
            memoryview(view.seen).tobytes()
        for bundle in self.bundles.values():
            for reference in bundle:
                thing = self.names_to_values.get(reference.name)
                for name in (
                    "closed",
                    "name",
                    "shared",
                    "shape",
                    "__array_interface__",
                    "info",
                    "to_dict",
                    "get_nowait",
                    "put_nowait",
                    "close",
                ):
                    attribute = self.may(lambda: getattr(thing, name, None))
                    if callable(attribute):
                        self.may(attribute)
        self.views.clear()
        self.names_to_values.clear()
        gc.collect()

    @invariant()
    def views_show_what_they_did(self) -> None:
        for view in self.views:
            view.check()

    def teardown(self) -> None:
        self.views_show_what_they_did()
        self.views.clear()


TestLifetimes = Lifetimes.TestCase
TestLifetimes.settings = hypothesis.settings(
    max_examples=3000 if DEEP else 25, stateful_step_count=40, deadline=None, print_blob=True
)
