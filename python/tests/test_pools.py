# SPDX-License-Identifier: Apache-2.0
"""Pools: names, options, errors and their built-in bases, published values, looking."""

from __future__ import annotations

import errno
import os
import re
from typing import Any

import brine
import numpy as np
import pytest


def test_names(pool: brine.Pool) -> None:
    assert brine.Pool.exists(pool.name) and pool.name in brine.Pool.list()
    assert not brine.Pool.exists("nothing")
    with pytest.raises(brine.ExistsError) as exists:
        brine.Pool.create(pool.name)
    assert isinstance(exists.value, FileExistsError) and exists.value.errno == errno.EEXIST
    with pytest.raises(brine.BusyError):
        brine.Pool.unlink(pool.name, stale=True)
    with brine.Pool.attach(pool.name) as second:
        assert second.name == pool.name and second.size == pool.size == 256 << 20
        second.serve("x").put({"n": 1})
    assert pool.connect("x").get()["n"] == 1
    with pytest.raises(brine.NotFoundError) as missing:
        brine.Pool.attach("nothing")
    assert (
        isinstance(missing.value, FileNotFoundError)
        and missing.value.errno == errno.ENOENT
        and "nothing" in str(missing.value)
    )
    with pytest.raises(brine.NotFoundError):
        brine.Pool.attach("nothing", timeout=0.12)
    with pytest.raises(brine.NotFoundError):
        brine.Pool.unlink("nothing")


def test_leaving_does_not_remove() -> None:
    with brine.Pool.create("stays", "16M") as pool:
        pool.publish("x", {"n": 1})
    assert pool.closed and "closed" in repr(pool)
    with brine.Pool.attach("stays") as again:
        assert again.lookup("x")["n"] == 1
    brine.Pool.unlink("stays", stale=True)


@pytest.mark.parametrize(
    "arguments, error, base",
    [
        (dict(name="a/b"), brine.NameNotAllowedError, ValueError),
        (dict(name="a", size="10"), brine.InvalidArgumentError, ValueError),
        (dict(name="a", size="ten"), brine.InvalidArgumentError, ValueError),
        (dict(name="a", size=-1), OverflowError, OverflowError),
        (dict(name="a", size=1.5), TypeError, TypeError),
        (dict(name="a", mode=0o444), brine.InvalidArgumentError, ValueError),
        (dict(name="a\0b"), ValueError, ValueError),
        (dict(name=b"a"), TypeError, TypeError),
        (dict(name="a", nonsense=1), TypeError, TypeError),
        (dict(), TypeError, TypeError),
    ],
)
def test_refused(arguments: dict[str, Any], error: type[Exception], base: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        brine.Pool.create(**arguments)
    assert isinstance(refused.value, base) and str(refused.value)


def test_options() -> None:
    with brine.Pool.create("o", "64M", initial="8M", mode=0o660, populate=True, huge=True) as pool:
        assert pool.info()["mode"] == 0o660 and pool.info()["committed_bytes"] >= 8 << 20
        with brine.Pool.create("o", "64M", replace=True) as other:
            assert other.info()["uuid"] != pool.info()["uuid"]
    brine.Pool.unlink("o")


def test_read_only(pool: brine.Pool, pipe: brine.Pipe) -> None:
    pipe.put({"n": 1, "a": np.arange(5), "t": {"x": [1]}})
    pool.publish("v", {"n": 2})
    with brine.Pool.attach(pool.name, readonly=True) as looking:
        assert looking.info()["packets"] >= 2
        assert looking.peek("p")["n"] == 1 and looking.peek("v") == {"n": 2}
        assert looking.peek("p")["a"].tolist() == [0, 1, 2, 3, 4]
        with pytest.raises(brine.ReadOnlyError) as refused:
            looking.packet({})
        assert isinstance(refused.value, PermissionError)
        with pytest.raises(brine.NotFoundError):
            looking.peek("p", 1)
    assert pipe.get()["n"] == 1


def test_full() -> None:
    with brine.Pool.create_private("1M") as pool:
        kept = []
        with pytest.raises(brine.OutOfMemoryError) as full:
            while True:
                kept.append(pool.packet({"x": "y" * 1000}))
        assert isinstance(full.value, MemoryError) and "free" in str(full.value)
        packet = kept[0]
        kept.clear()
        with pytest.raises(MemoryError):
            packet["big"] = np.zeros(1 << 20)
        assert "big" not in packet
        packet["small"] = 1
        assert packet["small"] == 1
        with pytest.raises(MemoryError):
            packet["x"] = ["y" * (1 << 21)]
        assert packet["x"] == "y" * 1000


def test_published(pool: brine.Pool) -> None:
    with pytest.raises(brine.NotFoundError):
        pool.lookup("v")
    with pytest.raises(brine.NotFoundError):
        pool.lookup("v", timeout=0.12)
    pool.publish("v", {"n": 1})
    first = pool.lookup("v", timeout=1)
    packet = pool.packet({"n": 2})
    pool.publish("v", packet)
    assert packet.closed and first["n"] == 1 and first.shared and pool.lookup("v")["n"] == 2
    assert pool.published() == [{"name": "v", "bytes": pool.published()[0]["bytes"], "holders": 1, "version": 2}]
    view = np.asarray(pool.packet({"a": np.arange(3)}).share()["a"])
    del view
    pool.unpublish("v")
    with pytest.raises(brine.NotFoundError):
        pool.unpublish("v")
    pool.serve("p")
    with pytest.raises(brine.MismatchError):
        pool.publish("p", {})


def test_looking(pool: brine.Pool, pipe: brine.Pipe) -> None:
    pipe.put({"n": 1})
    info = pool.info()
    assert info["name"] == pool.name and info["participants"] == 1 and info["pipes"] == 1
    assert [p["name"] for p in pool.pipes()] == ["p"] and pipe.info()["depth"] == 1 and pipe.info()["capacity"] == 8
    me = [p for p in pool.participants() if p["is_self"]]
    assert len(me) == 1 and me[0]["pid"] == os.getpid() and me[0]["alive"]
    assert (
        pool.check() == [] and pool.reap() == 0 and pool.trim() >= 0 and pool.biggest_free > 0 and not pool.is_pristine
    )
    pool.remove("p")
    with pytest.raises(brine.NotFoundError):
        pipe.get()
    assert re.match(r"<brine.Pool '.*', 268435456 bytes>", repr(pool))


def test_serving_again(pool: brine.Pool) -> None:
    pipe = pool.serve("p", 3)
    assert pool.serve("p").capacity == 3 and pipe.server and not pool.connect("p").server
    with pytest.raises(brine.MismatchError) as mismatch:
        pool.serve("p", 4)
    assert isinstance(mismatch.value, ValueError)
    with pytest.raises(ValueError):
        pool.serve("q", 1 << 30)
    with pytest.raises(brine.NotFoundError):
        pool.connect("q", timeout=0.01)
    with pytest.raises(brine.NotFoundError):
        pool.remove("q")


def test_after_closing() -> None:
    pool = brine.Pool.create_private("16M")
    pipe, packet = pool.serve("p"), pool.packet({"t": {}, "a": np.arange(3)})
    tab, array = packet["t"], packet["a"]
    pool.close()
    pool.close()
    for use in (
        pool.packet,
        lambda: pool.serve("p"),
        pool.info,
        lambda: pool.name,
        pipe.get,
        lambda: pipe.put(1),
        lambda: packet["t"],
        lambda: tab["x"],
        lambda: np.asarray(array),
        pool.__enter__,
    ):
        with pytest.raises((ValueError, brine.NotHeldError)):
            use()
    assert pipe.closed and packet.closed
    packet.close()
    pipe.close()
    assert not pool.mapped


def test_every_error_has_a_fitting_base() -> None:
    for error in brine.Error.__subclasses__():
        bases = [
            b
            for b in error.__mro__
            if b.__module__ in ("builtins", "queue", "_queue") and b not in (Exception, BaseException, object)
        ]
        assert bases, error
        assert error.status < 0 and error.__doc__
        assert error("text").args == ("text",) and str(error("text")) == "text"


def test_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", brine.__version__)
