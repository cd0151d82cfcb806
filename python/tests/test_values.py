# SPDX-License-Identifier: Apache-2.0
"""Every kind of value goes in and comes out equal, with its type."""

from __future__ import annotations

import collections
import copy
import datetime
import decimal
import enum
import fractions
import math
import pickle
import sys
from typing import Any

import brine
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(max_size=100),
    st.datetimes(),
    st.datetimes(
        timezones=st.sampled_from([datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=-5, minutes=-30))])
    ),
    st.dates(),
    st.timedeltas(datetime.timedelta(days=-(10**8)), datetime.timedelta(days=10**8)),
)
keys = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.integers(-(2**70), 2**70),
    st.booleans(),
    st.none(),
    st.binary(max_size=20),
    st.floats(allow_nan=False),
    st.tuples(st.integers(), st.text(st.characters(exclude_categories=["Cs"]))),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6), st.dictionaries(keys, inner, max_size=6), st.lists(inner, max_size=4).map(tuple)
    ),
    max_leaves=25,
)


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types all the way down, in the same order."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) and same(a[x], b[y]) for x, y in zip(a, b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    return bool(a == b)


@pytest.fixture(scope="module")
def private() -> brine.Pool:
    return brine.Pool.create_private("64M")


@hypothesis.given(value=values)
def test_round_trip(private: brine.Pool, value: Any) -> None:
    with private.packet({"value": value}) as packet:
        assert same(packet.to_dict(), {"value": value})
        assert packet == {"value": value}
        assert copy.deepcopy(packet) == {"value": value}
        assert pickle.loads(pickle.dumps(packet)) == {"value": value}
        repr(packet), packet.pretty()
        moved = packet.copy()
        assert same(moved.to_dict(), {"value": value})
    with private.packet(value) as packet:
        assert same(brine._methods.plain(packet.root), value)
    assert private.info()["packets"] <= 1


@pytest.mark.parametrize(
    "value",
    [
        2**63 - 1,
        2**63,
        -(2**63),
        -(2**63) - 1,
        2**64 - 1,
        2**64,
        10**4000,
        -(10**4000),
        0,
        -1,
        1e308,
        -0.0,
        math.inf,
        5e-324,
    ],
)
def test_numbers_at_the_limits(private: brine.Pool, value: Any) -> None:
    assert same(private.packet({"n": value})["n"], value)


def test_nan(private: brine.Pool) -> None:
    packet = private.packet({"n": math.nan})
    assert math.isnan(packet["n"])
    assert packet != {"n": math.nan}
    with pytest.raises(ValueError):
        packet[math.nan] = 1


@pytest.mark.parametrize(
    "kind", "bool_ int8 uint8 int16 uint16 int32 uint32 int64 uint64 float32 float64 complex64 complex128".split()
)
def test_numpy_scalars_keep_their_width(private: brine.Pool, kind: str) -> None:
    value = getattr(np, kind)(1)
    packet = private.packet({"n": value})
    assert packet["n"] == value and type(packet["n"]) in (bool, int, float, complex)
    if kind == "bool_":
        assert packet["n"] is True


def test_other_numpy_scalars(private: brine.Pool) -> None:
    assert private.packet({"n": np.float16(1.5)})["n"] == 1.5
    assert private.packet({"n": np.str_("x")})["n"] == "x"
    assert private.packet({"n": np.bytes_(b"x")})["n"] == b"x"
    assert private.packet({"n": np.datetime64("2026-01-02T03:04:05.000006", "us")})["n"] == datetime.datetime(
        2026, 1, 2, 3, 4, 5, 6
    )
    assert private.packet({"n": np.datetime64("2026-01-02", "D")})["n"] == datetime.date(2026, 1, 2)
    assert private.packet({"n": np.datetime64("2026-01-02T03:04:05", "ns")})["n"] == np.datetime64(
        "2026-01-02T03:04:05", "ns"
    )
    assert private.packet({"n": np.timedelta64(7, "s")})["n"] == np.timedelta64(7, "s")
    assert private.packet({np.int64(3): np.float32(2.5)}) == {3: 2.5}


def test_subclasses_become_their_base(private: brine.Pool) -> None:
    class Number(enum.IntEnum):
        ONE = 1

    Point = collections.namedtuple("Point", "x y")
    packet = private.packet(
        {"e": Number.ONE, "p": Point(1, 2), "d": collections.defaultdict(list, a=[1]), "s": type("S", (str,), {})("s")}
    )
    assert same(packet.to_dict(), {"e": 1, "p": (1, 2), "d": {"a": [1]}, "s": "s"})
    assert packet["p"] == (1, 2) and bytes(packet.to_dict()["s"], "ascii") == b"s"


def test_an_ordered_dict_stays_one(private: brine.Pool) -> None:
    ordered = collections.OrderedDict([("a", 1), ("b", 2)])
    ordered.move_to_end("a")
    out = private.packet({"o": ordered})["o"].to_dict()
    assert type(out) is collections.OrderedDict and list(out) == ["b", "a"]


def test_bytearray_is_bytes(private: brine.Pool) -> None:
    assert private.packet({"b": bytearray(b"abc")})["b"] == b"abc"


@pytest.mark.parametrize(
    "value", [{1, 2}, object(), decimal.Decimal(1), fractions.Fraction(1, 2), print, np.array([None, {}])]
)
def test_what_cannot_be_put_in_is_said(private: brine.Pool, value: Any) -> None:
    before = private.info()["packets"]
    with pytest.raises(TypeError, match="pickle=True"):
        private.packet({"ok": 1, "deep": [{"x": value}]})
    packet = private.packet({"old": [1]})
    for key in ("old", "new"):
        with pytest.raises(TypeError, match="cannot be put into a packet"):
            packet[key] = {"a": [1, value]}
    assert packet == {"old": [1]}
    with pytest.raises(TypeError):
        packet["old"].append([value])
    with pytest.raises(TypeError):
        packet["old"].insert(0, [value])
    assert packet == {"old": [1]}
    packet["more"] = 1
    del packet
    assert private.info()["packets"] == before


def test_text_that_is_not_utf8(private: brine.Pool) -> None:
    with pytest.raises(UnicodeEncodeError):
        private.packet({"x": "\ud800"})
    with pytest.raises(UnicodeEncodeError):
        private.packet({"\ud800": 1})
    packet = private.packet({"nul\0inside": "a\0b"})
    assert packet["nul\0inside"] == "a\0b"
    with pytest.raises(UnicodeEncodeError):
        packet["\ud800"]


def test_too_deep(private: brine.Pool) -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(RecursionError):
        private.packet({"loop": value})
    with pytest.raises((RecursionError, TypeError)):
        private.packet({"x": 1})["loop"] = value


def test_a_dict_that_changes_meanwhile(private: brine.Pool) -> None:
    changing: dict[Any, Any] = {}

    class Sly:
        @property
        def __array_interface__(self) -> Any:
            changing["more"] = 1
            return np.zeros(3).__array_interface__

    changing.update(a=1, sly=Sly(), b=2)
    with pytest.raises(RuntimeError, match="changed size"):
        private.packet(changing)


def test_a_duration_that_is_too_long(private: brine.Pool) -> None:
    with pytest.raises(OverflowError, match="292271 years"):
        private.packet({"t": datetime.timedelta.max})


# ---- pickled ----


class Point:
    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and bool(np.all(self.x == other.x))


def test_pickles_need_both_sides(private: brine.Pool) -> None:
    big = np.arange(100000.0)
    packet = private.packet({"p": Point(big), "s": {1, 2}}, pickle=True)
    assert packet["s"] == {1, 2}
    packet.pickle = False
    for raw in (packet["p"], packet.to_dict()["p"]):
        assert isinstance(raw, brine.Pickled) and "pickled" in repr(raw)
    loaded = packet["p"].load()
    assert loaded == Point(big)
    with pytest.raises(BufferError):  # its buffer is in the packet, not copied
        packet.share()
    address = loaded.x.ctypes.data
    packet["again"] = packet["p"]  # without loading it
    assert packet["again"].load() == Point(big)
    assert any(np.shares_memory(loaded.x, np.asarray(part)) for part in packet["p"]._parts()[1:])
    packet.close()
    assert loaded.x[-1] == 99999 and loaded.x.ctypes.data == address
    del loaded
    assert packet.closed


def test_pickling_pool() -> None:
    with brine.Pool.create_private("16M", pickle=True) as pool:
        pool.packet({"s": frozenset([1])})
        pipe = pool.serve("p")
        pipe.put({"s": frozenset([1])})
        assert pipe.get()["s"] == frozenset([1])


def test_no_numpy(tmp_path: Any) -> None:
    """The package does without it."""
    import subprocess

    code = """
import sys; sys.modules["numpy"] = None
import array, brine
with brine.Pool.create_private("16M") as pool:
    p = pool.packet({"a": array.array("d", [1, 2, 3]), "m": memoryview(b"abcdef").cast("B", (2, 3))})
    a = p.array("z", (2, 2), "c8")
    assert a.nbytes == 32 and a.shape == (2, 2)
    assert p["a"].tolist() == [1, 2, 3] and memoryview(p["m"]).shape == (2, 3)
    assert p.to_dict()["a"].tolist() == [1, 2, 3]
    view = p.to_dict("view")["a"]; view[0] = 9; assert p["a"][0] == 9
    assert len(p.to_dict()["z"]) == 32
    try: p.array("y", 3, "nonsense")
    except TypeError as e: assert "numpy" in str(e)
    else: raise AssertionError
    del a, view
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_json_says_what_it_cannot(private: brine.Pool) -> None:
    assert (
        private.packet({"c": 1j, "b": b"x", (1, 2): (3,)}).to_json()
        == '{"c":[0.0,1.0],"b":{"$bytes":"eA=="},"(1, 2)":[3]}'
    )
    with pytest.raises(brine.RangeError, match="JSON has no infinity$"):
        private.packet({"x": float("inf")}).to_json()
