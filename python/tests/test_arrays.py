# SPDX-License-Identifier: Apache-2.0
"""nd-arrays: every dtype and shape, in and out without a copy, by every interface; and how long they live."""

from __future__ import annotations

import array
import ctypes
import gc
from typing import Any

import brine
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

NUMBERS = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]
private = brine.Pool.create_private("64M")

dtypes = st.one_of(
    st.sampled_from(NUMBERS).map(np.dtype),
    st.sampled_from([">i4", ">f8", "M8[ns]", "m8[s]", "M8[D]", "S5", "U3", "g"]).map(np.dtype),
    st.just(np.dtype([("a", "i4"), ("b", "f8", (2,))])),
)


@st.composite
def any_arrays(draw: Any) -> Any:
    """Any dtype, shape and layout: views with strides, reversed, transposed, broadcast."""
    dtype = draw(dtypes)
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    count = int(np.prod(shape, dtype=int)) * dtype.itemsize
    raw = draw(st.binary(min_size=count, max_size=count)) if dtype.kind not in "Ug" else bytes(count)
    a = np.frombuffer(raw, dtype).reshape(shape) if count else np.zeros(shape, dtype)
    if dtype.kind == "b":
        a = a.view("u1") % 2 == 1
    if a.ndim and draw(st.booleans()):
        a = a[tuple(draw(st.sampled_from([slice(None), slice(None, None, -1), slice(None, None, 2)])) for _ in a.shape)]
    return np.asarray(a).T if draw(st.booleans()) else np.asarray(a)


@hypothesis.given(a=any_arrays())
def test_round_trip(a: np.ndarray[Any, Any]) -> None:
    with private.packet({"a": a}) as packet:
        got = packet["a"]
        out = got.numpy() if a.dtype.kind not in "mM" else packet.to_dict("view")["a"]
        if a.ndim == 0 and a.dtype.kind in "mM":
            assert np.array(out) == a or (np.isnat(a) and np.isnat(out))
            return
        assert out.shape == a.shape and out.dtype == a.dtype
        assert out.tobytes() == a.tobytes()
        assert got.shape == a.shape and got.ndim == a.ndim and got.size == a.size
        assert got.itemsize == a.itemsize and got.nbytes == a.nbytes and not got.readonly
        assert got.strides == np.zeros(a.shape, a.dtype).strides or a.size == 0
        copied = packet.to_dict()["a"]
        assert copied.tobytes() == a.tobytes() and (a.size == 0 or not np.shares_memory(copied, out))
        del out
    assert packet.closed


@pytest.mark.parametrize("dtype", NUMBERS)
def test_in_place(dtype: str) -> None:
    packet = private.packet()
    a = packet.array("a", (3, 5), np.dtype(dtype).str[1:])
    view = np.asarray(a)
    assert view.flags.c_contiguous and view.flags.writeable and view.dtype == dtype and not view.any()
    assert view.ctypes.data % 64 == 0 and not view.flags.owndata
    view[:] = np.arange(15).reshape(3, 5)
    again = np.asarray(packet["a"])
    assert np.shares_memory(view, again) and (again == np.arange(15).reshape(3, 5).astype(dtype)).all()
    assert a == packet["a"] and a.dtype == np.dtype(dtype).str[1:]
    a[1] = 0
    assert not view[1].any() and a[2, 4] == view[2, 4] and len(a) == 3
    assert np.dtype(dtype) == memoryview_dtype(packet["a"])


def memoryview_dtype(a: brine.Array) -> Any:
    with memoryview(a) as m:
        return np.dtype({"Zf": "c8", "Zd": "c16"}.get(m.format, m.format))


def test_ways_to_say_shape_and_dtype() -> None:
    packet = private.packet()
    for dtype in ("c8", "complex64", np.complex64, np.dtype("c8"), "F"):
        assert packet.array("a", 4, dtype).dtype == "c8"
    assert packet.array("b", [2, 3]).dtype == "f8"
    assert packet.array("c", (), "i4").shape == ()
    assert packet.array("d", (0, 3), "i4").numpy().shape == (0, 3)
    struct = packet.array("e", 2, [("x", "i4"), ("y", "f8")])
    struct["x"] = [1, 2]
    assert struct.numpy().dtype.names == ("x", "y") and struct.numpy()["x"].sum() == 3
    dates = packet.array("f", 2, "M8[ns]")
    assert np.asarray(dates).dtype == "M8[ns]"
    for shape, dtype, error in (
        (-1, "f8", ValueError),
        ("x", "f8", TypeError),
        ((1,) * 33, "f8", ValueError),
        (1, "nonsense", TypeError),
        (1, "O", TypeError),
    ):
        with pytest.raises(error):
            packet.array("bad", shape, dtype)
    with pytest.raises(brine.OutOfMemoryError):
        packet.array("big", 1 << 40, "f8")
    assert "bad" not in packet and "big" not in packet


def test_interfaces_agree() -> None:
    packet = private.packet({"a": np.arange(12.0).reshape(3, 4)})
    a = packet["a"]
    by_buffer, by_dlpack = np.asarray(a), np.from_dlpack(a)
    interface = a.__array_interface__
    assert interface["version"] == 3 and interface["shape"] == (3, 4) and interface["typestr"] == "<f8"
    assert interface["data"] == (by_buffer.ctypes.data, False) == (by_dlpack.ctypes.data, False)

    class Only:
        __array_interface__ = interface
        keep = a

    assert np.shares_memory(np.asarray(Only()), by_buffer)
    assert (by_dlpack == by_buffer).all()
    assert a.__dlpack_device__() == (1, 0)
    with pytest.raises(BufferError):
        packet.share()


@pytest.mark.parametrize("dtype", NUMBERS)
def test_dlpack(dtype: str) -> None:
    packet = private.packet({"a": np.ones((2, 3), dtype)})
    out = np.from_dlpack(packet["a"])
    assert out.dtype == dtype and out.shape == (2, 3) and out.all()
    capsule = packet["a"].__dlpack__()
    capsule = packet["a"].__dlpack__(max_version=(1, 0))
    del capsule, out
    gc.collect()
    packet.share()  # nothing looks into it any more
    if dtype != "?":
        assert np.from_dlpack(packet["a"]).flags.writeable is False
    with pytest.raises(BufferError):
        packet["a"].__dlpack__()
    with pytest.raises(BufferError):
        packet["a"].__dlpack__(copy=True)


def test_opaque_items_have_no_dlpack() -> None:
    packet = private.packet({"a": np.zeros(2, [("x", "i4")])})
    with pytest.raises(BufferError, match="opaque"):
        packet["a"].__dlpack__()
    packet.share()


def test_other_buffers_go_in() -> None:
    packet = private.packet(
        {
            "a": array.array("h", [1, 2]),
            "m": memoryview(b"abcd").cast("H"),
            "c": (ctypes.c_double * 3)(1, 2, 3),
            "s": memoryview(b"abcdef")[::2],
        }
    )
    assert packet["a"].tolist() == [1, 2] and packet["a"].dtype == "i2"
    assert packet["m"].dtype == "u2" and packet["c"].tolist() == [1, 2, 3] and bytes(packet["s"]) == b"ace"


def test_read_only_once_shared(pool: brine.Pool, pipe: brine.Pipe) -> None:
    packet = pool.packet({"a": np.zeros(10)})
    view = np.asarray(packet["a"])
    with pytest.raises(BufferError, match="del"):
        packet.share()
    with pytest.raises(BufferError, match="del"):
        pipe.put(packet)
    del view
    packet.share()
    view = np.asarray(packet["a"])
    assert not view.flags.writeable and packet["a"].readonly
    with pytest.raises(ValueError):
        view[0] = 1
    with pytest.raises(ValueError):
        view.flags.writeable = True
    with pytest.raises(TypeError), memoryview(packet["a"]) as m:
        m[0] = 1
    pipe.put(packet)  # a shared one may be given away while it is looked at
    assert packet.closed and view.sum() == 0
    got = pipe.get()
    assert got.shared and got.holders == 2
    del view
    assert got.holders == 1


# ---- how long views live ----


def test_a_view_keeps_the_packet(pool: brine.Pool) -> None:
    packet = pool.packet({"small": np.arange(10), "big": np.arange(100000)})
    views = [np.asarray(packet["small"]), np.asarray(packet["big"])]
    used = pool.info()["packets"]
    packet.close()
    assert packet.closed and pool.info()["packets"] == used
    with pytest.raises(brine.NotHeldError):
        packet["small"]
    assert views[0][9] == 9 and views[1][99999] == 99999
    views[1][:] = 1  # still its own
    del views[0]
    assert pool.info()["packets"] == used
    views.clear()
    assert pool.info()["packets"] == 0 and pool.is_pristine


def test_nothing_is_taken_from_under_a_view(pool: brine.Pool, pipe: brine.Pipe) -> None:
    packet = pool.packet({"big": np.arange(100000), "t": {"big": np.arange(100000)}, "l": [np.arange(100000)], "n": 1})
    views = [np.asarray(packet["big"]), np.asarray(packet["t"]["big"]), np.asarray(packet["l"][0])]
    for change in (
        lambda: packet.pop("big"),
        lambda: packet.__delitem__("t"),
        lambda: packet.__setitem__("big", 1),
        lambda: packet.__setitem__("l", []),
        lambda: packet["l"].pop(),
        lambda: packet["l"].clear(),
        lambda: packet["l"].__setitem__(0, None),
        lambda: packet["l"].__delitem__(slice(None)),
        lambda: packet.clear(),
        lambda: packet.take("big"),
        lambda: packet.compact(),
        lambda: packet.array("big", 3),
        lambda: setattr(packet, "root", 1),
        lambda: pipe.put(packet),
        lambda: pool.publish("x", packet),
        lambda: pool.packet().adopt("x", packet),
        lambda: brine.fanout(packet, [pipe]),
    ):
        with pytest.raises(BufferError, match="look into it"):
            change()
    packet["n"] = 2
    packet["more"] = "x" * 1000
    packet["l"].append(1)
    packet["other"] = {"big": np.arange(100000), "l": [1]}
    packet["other"] = [packet["other"]]  # what nobody looks into may go
    del packet["n"], packet["other"]
    assert all((v == np.arange(100000)).all() for v in views)
    views.clear()
    packet.clear()


def test_a_view_keeps_the_mapping() -> None:
    pool = brine.Pool.create("kept", "16M")
    packet = pool.packet({"a": np.arange(1000.0)})
    view = np.asarray(packet["a"])
    pool.close()
    assert pool.closed and pool.mapped
    brine.Pool.unlink("kept")
    del packet
    gc.collect()
    assert view.sum() == 499500 and pool.mapped
    derived = view[::2].reshape(-1, 5)[1:]
    del view
    assert derived[0, 0] == 10 and pool.mapped
    del derived
    assert not pool.mapped


def test_everything_dropped_but_the_view() -> None:
    view = np.asarray(brine.Pool.create_private("16M").packet({"a": np.arange(1000.0)})["a"])
    gc.collect()
    view += 1
    assert view.sum() == 500500
    shared = np.from_dlpack(brine.Pool.create_private("16M").packet({"a": np.arange(1000.0)})["a"])
    held = memoryview(brine.Pool.create_private("16M").packet({"a": np.arange(1000.0)})["a"])
    gc.collect()
    assert shared.sum() == 499500 and held[999] == 999


def test_array_interface_pins_until_the_array_goes(pool: brine.Pool) -> None:
    packet = pool.packet({"a": np.arange(3.0)})
    a = packet["a"]
    assert a.__array_interface__["shape"] == (3,)
    with pytest.raises(BufferError):
        packet.share()
    del a
    packet.share()


class Series:
    """Of a library that has labels beside the elements."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.arange(3)

    def __eq__(self, other: object) -> bool:
        return type(other) is Series


class Table(Series):
    columns = ("a", "b")


def test_labels_are_not_lost_unawares(pool: brine.Pool) -> None:
    with pytest.raises(TypeError, match="Table.*its columns can"):
        pool.packet({"t": Table()})
    assert pool.packet({"s": Series()})["s"].tolist() == [0, 1, 2]
    kept = pool.packet({"t": Table(), "s": Series(), "a": np.arange(2)}, pickle=True)
    assert type(kept["t"]) is Table and kept["s"] == Series() and isinstance(kept["a"], brine.Array)


def test_tables_of_pandas(pool: brine.Pool) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"n": np.arange(5), "x": np.linspace(0, 1, 5)}, index=list("abcde"))
    with pytest.raises(TypeError, match="DataFrame.*its columns can"):
        pool.packet({"frame": frame})
    columns = pool.packet({name: frame[name] for name in frame})
    again = pandas.DataFrame({name: a.numpy() for name, a in columns.items()}, index=frame.index, copy=False)
    assert again.equals(frame) and np.shares_memory(again["x"].to_numpy(), columns["x"].numpy())
    queue = brine.Queue(pool, pickle=True)
    queue.put({"frame": frame, "series": frame["x"]})
    got = queue.get(timeout=5)
    assert got["frame"].equals(frame) and got["series"].equals(frame["x"])
