# SPDX-License-Identifier: Apache-2.0
"""Tab, Arr and Tup do what dict, list and tuple do: random operations beside them, and the edges one by one."""

from __future__ import annotations

import collections.abc
from typing import Any

import brine
import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from test_values import keys, scalars, values

small = st.one_of(
    scalars, st.lists(scalars, max_size=3), st.dictionaries(st.text(max_size=3, alphabet="ab"), scalars, max_size=3)
)
few_keys = st.one_of(
    st.sampled_from(["a", "b", "c", "long key that is not inline", 1, 2.0, True, None, b"a", (1, "x"), 2**80]), keys
)
shared_pool = brine.Pool.create_private("64M")


def outcome(call: Any) -> tuple[Any, ...]:
    """What a call gives, or the type of what it raises."""
    try:
        return ("gives", brine._methods.plain(call()))
    except (KeyError, IndexError, ValueError, TypeError) as error:
        return ("raises", next(c for c in (KeyError, IndexError, ValueError, TypeError) if isinstance(error, c)))


class Tabs(RuleBasedStateMachine):
    """A Tab beside a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.packet = shared_pool.packet({"tab": {}})
        self.tab = self.packet["tab"]
        self.model: dict[Any, Any] = {}

    def both(self, operation: Any) -> None:
        assert outcome(lambda: operation(self.tab)) == outcome(lambda: operation(self.model))

    @rule(key=few_keys, value=small)
    def set(self, key: Any, value: Any) -> None:
        self.both(lambda d: d.__setitem__(key, value))

    @rule(key=few_keys)
    def delete(self, key: Any) -> None:
        self.both(lambda d: d.__delitem__(key))

    @rule(key=few_keys)
    def read(self, key: Any) -> None:
        self.both(lambda d: d[key])
        self.both(lambda d: d.get(key))
        self.both(lambda d: d.get(key, 5))
        self.both(lambda d: key in d)

    @rule(key=few_keys, value=small)
    def setdefault(self, key: Any, value: Any) -> None:
        self.both(lambda d: d.setdefault(key, value))

    @rule(key=few_keys)
    def pop(self, key: Any) -> None:
        self.both(lambda d: d.pop(key))
        self.both(lambda d: d.pop(key, 7))

    @rule()
    def popitem(self) -> None:
        self.both(lambda d: d.popitem())

    @rule(other=st.dictionaries(few_keys, small, max_size=4))
    def update(self, other: Any) -> None:
        self.both(lambda d: d.update(other))
        self.both(lambda d: d | other)
        self.both(lambda d: other | d)

    @rule(other=st.dictionaries(few_keys, small, max_size=4))
    def merge(self, other: Any) -> None:
        tab = self.tab
        tab |= other
        self.model |= other
        assert tab is self.tab

    @rule()
    def clear(self) -> None:
        self.both(lambda d: d.clear())

    @invariant()
    def equal(self) -> None:
        assert len(self.tab) == len(self.model)
        assert list(self.tab) == list(self.model)
        assert list(reversed(self.tab)) == list(reversed(self.model))
        assert list(self.tab.keys()) == list(self.model.keys())
        assert [k for k, _ in self.tab.items()] == list(self.model)
        assert [brine._methods.plain(v) for v in self.tab.values()] == list(self.model.values())
        assert self.tab == self.model and not self.tab != self.model
        assert bool(self.tab) == bool(self.model)
        assert self.tab.keys() == self.model.keys()

    def teardown(self) -> None:
        self.packet.close()


class Arrs(RuleBasedStateMachine):
    """An Arr beside a list."""

    index = st.integers(-6, 6)
    slices = st.builds(slice, st.none() | index, st.none() | index, st.none() | st.sampled_from([-3, -2, -1, 1, 2]))

    def __init__(self) -> None:
        super().__init__()
        self.packet = shared_pool.packet({"arr": []})
        self.arr = self.packet["arr"]
        self.model: list[Any] = []

    def both(self, operation: Any) -> None:
        assert outcome(
            lambda: [brine._methods.plain(x) for x in v] if isinstance(v := operation(self.arr), list) else v
        ) == outcome(lambda: operation(self.model))

    @rule(value=small)
    def append(self, value: Any) -> None:
        self.both(lambda a: a.append(value))

    @rule(index=index, value=small)
    def insert(self, index: int, value: Any) -> None:
        self.both(lambda a: a.insert(index, value))

    @rule(index=index)
    def read(self, index: int) -> None:
        self.both(lambda a: a[index])

    @rule(index=index, value=small)
    def set(self, index: int, value: Any) -> None:
        self.both(lambda a: a.__setitem__(index, value))

    @rule(index=index)
    def delete(self, index: int) -> None:
        self.both(lambda a: a.__delitem__(index))

    @rule(index=index)
    def pop(self, index: int) -> None:
        self.both(lambda a: a.pop(index))
        self.both(lambda a: a.pop())

    @rule(where=slices)
    def read_slice(self, where: slice) -> None:
        self.both(lambda a: a[where])

    @rule(where=slices, new=st.lists(small, max_size=4))
    def set_slice(self, where: slice, new: list[Any]) -> None:
        self.both(lambda a: a.__setitem__(where, new))

    @rule(where=slices)
    def delete_slice(self, where: slice) -> None:
        self.both(lambda a: a.__delitem__(where))

    @rule(new=st.lists(small, max_size=4))
    def extend(self, new: list[Any]) -> None:
        self.both(lambda a: a.extend(new))
        self.both(lambda a: a + new)
        self.both(lambda a: new + a)

    @rule(value=small)
    def search(self, value: Any) -> None:
        self.both(lambda a: value in a)
        self.both(lambda a: a.count(value))
        self.both(lambda a: a.index(value))
        self.both(lambda a: a.remove(value))

    @rule(times=st.integers(-1, 2))
    def repeat(self, times: int) -> None:
        hypothesis.assume(len(self.model) < 20)
        self.both(lambda a: a * times)
        self.arr *= times
        self.model *= times

    @rule()
    def reverse(self) -> None:
        self.both(lambda a: a.reverse())

    @rule()
    def sort(self) -> None:
        self.both(lambda a: a.sort(key=repr))
        self.both(lambda a: a.sort(key=str, reverse=True))

    @invariant()
    def equal(self) -> None:
        assert len(self.arr) == len(self.model)
        assert self.arr == self.model and not self.arr != self.model
        assert self.arr != tuple(self.model)
        assert [brine._methods.plain(x) for x in self.arr] == self.model
        assert [brine._methods.plain(x) for x in reversed(self.arr)] == self.model[::-1]

    def teardown(self) -> None:
        self.packet.close()


TestTab = Tabs.TestCase
TestArr = Arrs.TestCase


@hypothesis.given(value=st.lists(values, max_size=5).map(tuple), other=st.lists(scalars, max_size=3).map(tuple))
def test_tup(value: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    with shared_pool.packet({"t": value}) as packet:
        tup = packet["t"]
        assert len(tup) == len(value) and tup == value and tup != list(value)
        assert tuple(brine._methods.plain(x) for x in tup) == value
        for operation in (
            hash,
            lambda t: t + other,
            lambda t: other + t,
            lambda t: t * 2,
            lambda t: t[1:],
            lambda t: t < other,
        ):
            mine, theirs = outcome(lambda: operation(tup)), outcome(lambda: operation(value))
            assert mine == theirs or (mine[0] == "gives" and tuple(map(brine._methods.plain, mine[1])) == theirs[1])
        if value:
            with pytest.raises(TypeError):
                tup[0] = 1  # type: ignore[index]


def test_abstract_classes(pool: brine.Pool) -> None:
    packet = pool.packet({"l": [1], "t": (1,)})
    assert isinstance(packet, collections.abc.MutableMapping) and isinstance(packet, brine.Tab)
    assert isinstance(packet["l"], collections.abc.MutableSequence)
    assert isinstance(packet["t"], collections.abc.Sequence) and not isinstance(
        packet["t"], collections.abc.MutableSequence
    )
    for kind in (brine.Tab, brine.Arr, brine.Tup, brine.Array, brine.Packet, brine.Pool, brine.Pipe):
        with pytest.raises(TypeError):
            kind()
    for unhashable in (packet, packet["l"]):
        with pytest.raises(TypeError):
            hash(unhashable)


def test_matching(pool: brine.Pool) -> None:
    match pool.packet({"kind": "frame", "points": [1, 2, 3]}):
        case {"kind": "frame", "points": [first, *rest]}:
            assert first == 1 and rest == [2, 3]
        case _:
            raise AssertionError


def test_as_keywords(pool: brine.Pool) -> None:
    packet = pool.packet({"a": 1, "b": {"c": [2]}})
    assert dict(**packet) == {"a": 1, "b": packet["b"]}
    assert {**packet, "z": 3}.keys() == {"a", "b", "z"}
    assert sorted(packet) == ["a", "b"] and list(packet.items())[0] == ("a", 1)


def test_in_place_operators(pool: brine.Pool) -> None:
    packet = pool.packet({"n": 1, "l": [1], "t": {"a": 1}})
    packet["n"] += 2
    packet["l"] += [2]
    packet["t"] |= {"b": 2}
    assert packet == {"n": 3, "l": [1, 2], "t": {"a": 1, "b": 2}}


def test_a_slice_that_does_not_fit_changes_nothing(pool: brine.Pool) -> None:
    arr = pool.packet({"l": [1, [2], 3]})["l"]
    with pytest.raises(TypeError):
        arr[0:2] = [5, 6, {7}]
    with pytest.raises(ValueError):
        arr[::2] = [1]
    arr[1:] = arr
    assert arr == [1, 1, [2], 3]


def test_values_from_other_places(pool: brine.Pool) -> None:
    with brine.Pool.create_private("16M") as other:
        source = other.packet({"x": {"deep": [1, (2, "three" * 20)]}})
        packet = pool.packet({"a": source["x"], "b": source})
        source.close()
        packet["self"] = packet
        packet["inner"] = packet["a"]["deep"]
        packet["a"]["loop"] = packet["a"]
        packet["inner"].append(packet["inner"])
        packet["inner"].insert(0, packet["inner"][0])
    assert packet["self"]["a"] == {"deep": [1, (2, "three" * 20)]}
    value = [1, (2, "three" * 20)]
    assert packet["inner"] == [1, *value, value]
    assert packet["a"]["loop"] == {"deep": [1, (2, "three" * 20)]}


def test_a_view_of_what_was_deleted(pool: brine.Pool) -> None:
    packet = pool.packet({"t": {"a": 1}, "l": [[1], [2]], "x": ()})
    tab, arr, tup = packet["t"], packet["l"], packet["x"]
    del packet["t"], packet["l"], packet["x"]
    for use in (
        lambda: tab["a"],
        lambda: len(tab),
        lambda: list(tab),
        lambda: arr[0],
        lambda: len(arr),
        lambda: len(tup),
    ):
        with pytest.raises((brine.DeletedError, brine.ValueTypeError)):
            use()
    with pytest.raises((brine.DeletedError, brine.ValueTypeError)):
        tab["a"] = 1
    assert "Tab" in repr(tab) and "Arr" in repr(arr) and "Tup" in repr(tup)


def test_a_view_follows_its_place(pool: brine.Pool) -> None:
    packet = pool.packet({"t": {"a": 1}})
    tab = packet["t"]
    for i in range(100):
        packet[f"key {i}"] = i
    assert tab["a"] == 1
    packet["t"] = 5
    with pytest.raises(TypeError):
        tab["a"]
    packet["t"] = {"a": 2}
    assert tab["a"] == 2


def test_changing_while_iterating(pool: brine.Pool) -> None:
    packet = pool.packet({"a": 1, "b": 2, "l": [1, 2]})
    with pytest.raises(RuntimeError, match="during iteration"):
        for key in packet:
            packet[key + "!"] = 1
    for key in packet:
        packet[key] = 5
    with pytest.raises(RuntimeError, match="during iteration"):
        packet["l"] = [1, 2]
        for _ in packet["l"]:
            packet["l"].append(1)


def test_paths_and_text(pool: brine.Pool) -> None:
    packet = pool.packet({"hdr": {"fs": 1e6}, "list": [10, 20]})
    assert packet.path("/hdr/fs") == 1e6 and packet.path("/list/1") == 20 and packet.path("") == packet
    with pytest.raises(KeyError):
        packet.path("/hdr/none")
    with pytest.raises(ValueError):
        packet.path("hdr")
    assert packet.to_json() == '{"hdr":{"fs":1000000.0},"list":[10,20]}'
    assert packet["list"].to_json() == "[10,20]"
    assert "'fs':1000000.0" in packet.pretty()
    assert repr(packet) == "Packet({'hdr': {'fs': 1000000.0}, 'list': [10, 20]})"


def test_wrong_keys(pool: brine.Pool) -> None:
    packet = pool.packet({"a": [1]})
    for key in ([], {}, {1}, object()):
        with pytest.raises(TypeError):
            packet[key]
        with pytest.raises(TypeError):
            packet[key] = 1
    with pytest.raises(TypeError):
        packet["a"]["x"]
    with pytest.raises(TypeError):
        packet[([],)] = 1
    with pytest.raises(KeyError) as raised:
        packet["missing"]
    assert raised.value.args == ("missing",)
    with pytest.raises(KeyError):
        del packet["missing"]
    with pytest.raises(KeyError):
        packet.pop("missing")


def test_roots_of_other_types(pool: brine.Pool) -> None:
    packet = pool.packet([1, 2])
    assert packet.root == [1, 2] and isinstance(packet.root, brine.Arr)
    with pytest.raises(TypeError):
        packet["a"]
    with pytest.raises(TypeError):
        len(packet)
    packet.root = {"a": 1}
    assert packet["a"] == 1
    assert pool.packet("text").root == "text" and pool.packet(None).root is None
    assert packet["a"] == 1 and packet.root.packet is packet


def test_moving_packets(pool: brine.Pool) -> None:
    inner, outer = pool.packet({"x": [1]}), pool.packet()
    outer.adopt("inner", inner)
    assert inner.closed and outer["inner"]["x"] == [1]
    taken = outer.take("inner")
    assert taken == {"x": [1]} and outer["inner"] is None
    with pytest.raises(brine.NotHeldError):
        outer.adopt("again", inner)
    with pytest.raises(TypeError):
        outer.take("inner")
    with pytest.raises(KeyError):
        outer.take("nothing")
    with pytest.raises(brine.Error):
        outer.adopt("me", outer)
    with brine.Pool.create_private("16M") as other, pytest.raises(brine.OtherPoolError):
        outer.adopt("x", other.packet())
    assert outer == {"inner": None}


def test_sharing(pool: brine.Pool) -> None:
    packet = pool.packet({"a": [1]})
    second = packet.clone()
    assert packet.shared and packet.holders == 2
    for change in (
        lambda: packet.update(b=1),
        lambda: packet["a"].append(1),
        lambda: packet.clear(),
        lambda: packet.pop("a"),
    ):
        with pytest.raises(brine.SharedError):
            change()
    assert packet == second == {"a": [1]}
    second.own()["a"].append(2)
    assert packet == {"a": [1]} and second == {"a": [1, 2]}
    packet.own()["b"] = 1
    assert not packet.shared
    for i in range(1000):
        packet["garbage"] = "x" * (i + 100)
    grown = packet.nbytes
    packet.compact()
    assert packet.nbytes < grown and packet["garbage"] == "x" * 1099
    packet.validate()


def test_a_packet_of_something_else_than_a_tab(pool: brine.Pool) -> None:
    for value, text in ((3, "3"), (None, "None"), ([1, (2,)], "[1, (2,)]"), ("x", "'x'"), ({}, "{}")):
        packet = pool.packet(value)
        assert repr(packet) == f"Packet({text})" and packet.root == value
        if not isinstance(value, dict):
            for use in (lambda p: p["a"], len, list, lambda p: dict(p.items())):
                with pytest.raises(brine.ValueTypeError):
                    use(packet)
