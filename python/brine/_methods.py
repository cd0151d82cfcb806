# SPDX-License-Identifier: Apache-2.0
"""What the types of the extension do seldom, written in Python.

register() gives the functions of each class here to the type of `_brine` that it is named after. (As base classes they
would make every Tab an object of the garbage collector.) What the abstract classes of collections.abc offer is taken
from there.
"""

from __future__ import annotations

import operator
import pickle
import sys
from collections.abc import ItemsView, KeysView, MutableMapping, MutableSequence, Sequence, ValuesView
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_missing = object()


def plain(value: Any, arrays: str = "copy") -> Any:
    """A value of a packet as an object that does not depend on it."""
    kind = getattr(value, "_plain", None)
    return kind(arrays) if kind else value


def shown(value: Any) -> str:
    kind = getattr(value, "_shown", None)
    text: str = kind() if kind else repr(value)
    return text


class _Items(ItemsView[Any, Any]):
    __slots__ = ()

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return self._mapping._items()  # type: ignore[attr-defined,no-any-return]


class _Values(ValuesView[Any]):
    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return self._mapping._values()  # type: ignore[attr-defined,no-any-return]


class TabMethods:
    update = MutableMapping.update

    def keys(self: Any) -> KeysView[Any]:
        """A view of the keys, as dict's."""
        return KeysView(self)

    def values(self: Any) -> ValuesView[Any]:
        """A view of the values, as dict's."""
        return _Values(self)

    def items(self: Any) -> ItemsView[Any, Any]:
        """A view of the items, as dict's."""
        return _Items(self)

    def setdefault(self: Any, key: Any, default: Any = None) -> Any:
        """The value under the key, which is set to the default first if it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self: Any, key: Any, default: Any = _missing) -> Any:
        """Removes a key and gives a copy of its value, or the default if it is missing (KeyError if there is none)."""
        try:
            value = plain(self[key])
        except KeyError:
            if default is _missing:
                raise
            return default
        del self[key]
        return value

    def popitem(self: Any) -> tuple[Any, Any]:
        """Removes the last item and gives a copy of it. KeyError: there is none."""
        for key in reversed(self):
            return key, self.pop(key)
        raise KeyError("popitem(): the tab is empty")

    def copy(self: Any) -> Any:
        """A deep copy as a dict: to_dict()."""
        return self.to_dict()

    def __reversed__(self: Any) -> Any:
        return reversed(list(self))

    def __or__(self: Any, other: Any) -> Any:
        if not isinstance(other, MutableMapping):
            return NotImplemented
        return self.to_dict() | plain(other)

    def __ror__(self: Any, other: Any) -> Any:
        if not isinstance(other, MutableMapping):
            return NotImplemented
        return plain(other) | self.to_dict()

    def __ior__(self: Any, other: Any) -> Any:
        self.update(other)
        return self

    def __copy__(self: Any) -> Any:
        return self.to_dict()

    def __deepcopy__(self: Any, memo: Any) -> Any:
        return self.to_dict()

    def __reduce__(self: Any) -> Any:
        return plain, (self.to_dict(),)

    def _plain(self: Any, arrays: str = "copy") -> Any:
        return self.to_dict(arrays)

    def _shown(self: Any) -> str:
        root = getattr(self, "root", self)  # of a packet it may be anything
        if not hasattr(root, "_items"):
            return shown(root)
        return "{" + ", ".join(f"{k!r}: {shown(v)}" for k, v in self._items()) + "}"

    def __repr__(self: Any) -> str:
        return _repr(self)


def _repr(value: Any) -> str:
    name = type(value).__name__
    try:
        return f"{name}({value._shown()})"
    except (ValueError, LookupError, TypeError) as error:
        return f"<{name}: {error}>"


class _SequenceMethods:
    def index(self: Any, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Where the value is first, from start on and before stop. ValueError: nowhere."""
        return Sequence.index(self, value, start, stop)  # type: ignore[arg-type,unused-ignore]

    def count(self: Any, value: Any) -> int:
        """How often the value is there."""
        return Sequence.count(self, value)

    __contains__ = Sequence.__contains__
    __reversed__ = Sequence.__reversed__

    def _plain(self: Any, arrays: str = "copy") -> Any:
        raise NotImplementedError

    def _compare(self: Any, other: Any, how: Callable[[Any, Any], bool]) -> Any:
        mine = self._plain()
        theirs = plain(other)
        return how(mine, theirs) if type(mine) is type(theirs) else NotImplemented

    def __add__(self: Any, other: Any) -> Any:
        return self._compare(other, operator.add)

    def __radd__(self: Any, other: Any) -> Any:
        return self._compare(other, lambda mine, theirs: theirs + mine)

    def __mul__(self: Any, times: int) -> Any:
        return self._plain() * times

    __rmul__ = __mul__

    def __copy__(self: Any) -> Any:
        return self._plain()

    def __deepcopy__(self: Any, memo: Any) -> Any:
        return self._plain()

    def __reduce__(self: Any) -> Any:
        return plain, (self._plain(),)

    def __repr__(self: Any) -> str:
        return _repr(self)


def _ordering(name: str) -> Callable[[Any, Any], Any]:
    how = getattr(operator, name)

    def compare(self: Any, other: Any) -> Any:
        return self._compare(other, how)

    compare.__name__ = f"__{name}__"
    return compare


class ArrMethods(_SequenceMethods):
    def extend(self: Any, values: Iterable[Any]) -> None:
        """Copies of the values at the end."""
        for value in list(values) if values is self else values:
            self.append(value)

    def __iadd__(self: Any, values: Iterable[Any]) -> Any:  # type: ignore[misc]
        self.extend(values)
        return self

    def __imul__(self: Any, times: int) -> Any:
        self[:] = self.to_list() * times
        return self

    def pop(self: Any, index: int = -1) -> Any:
        """Removes an element, the last one by default, and gives a copy of it. IndexError: there is none."""
        value = plain(self[index])
        del self[index]
        return value

    def remove(self: Any, value: Any) -> None:
        """Removes the first element that equals the value. ValueError: there is none."""
        del self[self.index(value)]

    def reverse(self: Any) -> None:
        """Reverses the order, in place."""
        self[:] = self.to_list()[::-1]

    def sort(self: Any, *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        """Sorts in place, as list.sort()."""
        self[:] = sorted(self.to_list(), key=key, reverse=reverse)

    def copy(self: Any) -> Any:
        """A deep copy as a list."""
        return self.to_list()

    def _set_slice(self: Any, where: slice, values: Iterable[Any]) -> None:
        # Nothing is changed before everything is known to fit, and what is copied may be among what is replaced.
        with self.packet.pool.packet([plain(v) for v in values], pickle=self.packet.pickle) as aside:
            aside.pickle = False
            self._replace(where, aside.root)

    def _replace(self: Any, where: slice, new: Any) -> None:
        start, stop, step = where.indices(len(self))
        if step != 1:
            indices = range(start, stop, step)
            if len(indices) != len(new):
                raise ValueError(
                    f"attempt to assign sequence of size {len(new)} to extended slice of size {len(indices)}"
                )
            for i, value in zip(indices, new):
                self[i] = value
            return
        old = max(0, stop - start)
        for i, value in enumerate(new):
            if i < old:
                self[start + i] = value
            else:
                self.insert(start + i, value)
        for _ in range(old - len(new)):
            del self[start + len(new)]

    def _delete_slice(self: Any, where: slice) -> None:
        for i in sorted(range(*where.indices(len(self))), reverse=True):
            del self[i]

    def _plain(self: Any, arrays: str = "copy") -> Any:
        return self.to_list(arrays)

    def _shown(self: Any) -> str:
        return "[" + ", ".join(shown(v) for v in self) + "]"

    __lt__ = _ordering("lt")
    __le__ = _ordering("le")
    __gt__ = _ordering("gt")
    __ge__ = _ordering("ge")


class TupMethods(_SequenceMethods):
    def __hash__(self: Any) -> int:
        return hash(self.to_tuple())

    def _plain(self: Any, arrays: str = "copy") -> Any:
        return self.to_tuple(arrays)

    def _shown(self: Any) -> str:
        inside = ", ".join(shown(v) for v in self)
        return f"({inside},)" if len(self) == 1 else f"({inside})"

    __lt__ = _ordering("lt")
    __le__ = _ordering("le")
    __gt__ = _ordering("gt")
    __ge__ = _ordering("ge")


class ArrayMethods:
    def _view(self: Any) -> Any:
        from brine._convert import array_out

        return array_out(self, True)

    def __getitem__(self: Any, index: Any) -> Any:
        return self._view()[index]

    def __setitem__(self: Any, index: Any, value: Any) -> None:
        self._view()[index] = value

    def __iter__(self: Any) -> Iterator[Any]:
        return iter(self._view())

    def tolist(self: Any) -> Any:
        """The elements as nested lists of Python objects; of one without dimensions, the element."""
        return self._view().tolist()

    def numpy(self: Any) -> Any:
        """numpy.asarray(self): a view without a copy, which keeps the memory of the packet. ImportError: no numpy."""
        import numpy

        return numpy.asarray(self)

    def _plain(self: Any, arrays: str = "copy") -> Any:
        from brine._convert import array_out

        return array_out(self, arrays == "view")

    def __copy__(self: Any) -> Any:
        return self._plain()

    def __deepcopy__(self: Any, memo: Any) -> Any:
        return self._plain()

    def __reduce__(self: Any) -> Any:
        return self._plain().__reduce__()

    def _shown(self: Any) -> str:
        return f"array(shape={self.shape}, dtype={self.dtype!r})"

    def __repr__(self: Any) -> str:
        try:
            return f"Array(shape={self.shape}, dtype={self.dtype!r})"
        except (ValueError, LookupError, TypeError) as error:
            return f"<Array: {error}>"


class PickledMethods:
    def load(self: Any) -> Any:
        """Unpickles the object, which runs whatever code its writer wanted. Arrays in it look into the packet."""
        parts = self._parts()
        return pickle.loads(memoryview(parts[0]), buffers=parts[1:])

    def _plain(self: Any, arrays: str = "copy") -> Any:
        return self

    def _shown(self: Any) -> str:
        return f"<pickled, {sum(p.nbytes for p in self._parts())} bytes>"

    def __repr__(self: Any) -> str:
        return _repr(self)


class PoolMethods:
    def __reduce__(self: Any) -> Any:
        from brine._transit import reduce_pool

        return reduce_pool(self)

    def __repr__(self: Any) -> str:
        if self.closed:
            return "<brine.Pool, closed>"
        return f"<brine.Pool {self.name!r}, {self.size} bytes>"


class PipeMethods:
    def __reduce__(self: Any) -> Any:
        from brine._transit import reduce_pipe

        return reduce_pipe(self)

    async def aget(self: Any, timeout: float | None = None) -> Any:
        """get() for asyncio: only this task waits. Cancelled before it returns, it has taken nothing."""
        from brine._aio import aget

        return await aget(self, timeout)

    async def aput(self: Any, item: Any, timeout: float | None = None) -> None:
        """put() for asyncio: only this task waits. Cancelled before it returns, it has put nothing."""
        from brine._aio import aput

        await aput(self, item, timeout)

    def __aiter__(self: Any) -> Any:
        return self

    async def __anext__(self: Any) -> Any:
        from brine._errors import ShutDown

        try:
            return await self.aget()
        except ShutDown:
            raise StopAsyncIteration from None

    def __repr__(self: Any) -> str:
        if self.closed:
            return "<brine.Pipe, closed>"
        return f"<brine.Pipe {self.name!r}, {self.qsize()} of {self.capacity} packets>"


def _give(kind: type, methods: type) -> None:
    for source in reversed(methods.__mro__[:-1]):
        for name, function in vars(source).items():
            if callable(function):
                setattr(kind, name, function)


def register() -> None:
    """Completes the types of the extension, and tells isinstance() of collections.abc what they are."""
    from brine import _brine

    _give(_brine.Tab, TabMethods)
    _give(_brine.Arr, ArrMethods)
    _give(_brine.Tup, TupMethods)
    _give(_brine.Array, ArrayMethods)
    _give(_brine.Pickled, PickledMethods)
    _give(_brine.Pool, PoolMethods)
    _give(_brine.Pipe, PipeMethods)
    MutableMapping.register(_brine.Tab)
    MutableSequence.register(_brine.Arr)
    Sequence.register(_brine.Tup)
    if sys.version_info >= (3, 12):
        from collections.abc import Buffer

        Buffer.register(_brine.Array)
