# SPDX-License-Identifier: Apache-2.0
"""Ways to pass Python objects (dicts with numbers, texts, numpy arrays) from one process to another.

A Way is made before the processes are forked, and opened in both: side 0 sends one way and receives the other, side 1
the other way round. What receive() gave is good until the next call of the same side. Nothing here measures.
"""
import ctypes
import multiprocessing
import os
import pickle
import platform
import shutil
import tempfile
from multiprocessing import shared_memory

no_brine = no_zmq = None  # or why not
try:
    import brine
except ImportError as error:
    brine, no_brine = None, f"the package brine cannot be imported: {error}"
try:
    import msgpack
    import zmq
except ImportError as error:
    msgpack, no_zmq = None, f"{error.name} is not installed"
try:
    import numpy
except ImportError:
    numpy = None

context = multiprocessing.get_context("fork")


class Brine:
    name = "brine"
    waits = "spins, then sleeps"
    copied = "the dict's values into a packet; nothing on the way"
    copied_array = "nothing: the packet goes over by reference, and back"
    missing = no_brine
    note = f"Python {platform.python_version()}, numpy {numpy.__version__}" if numpy else f"Python {platform.python_version()}, no numpy"

    def __init__(self, capacity, nbytes):
        self.pool_name = f"bench-python-{os.getpid()}"
        with brine.Pool.create(self.pool_name, size=4 * nbytes + (64 << 20), replace=True) as pool:
            for name in ("0", "1"):
                pool.serve(name, capacity).detach()

    def open(self, side):
        self.pool = brine.Pool.attach(self.pool_name)
        self.to, self.fro = self.pool.connect(str(side), timeout=1), self.pool.connect(str(1 - side), timeout=1)
        self.send, self.receive = self.to.put, self.fro.get

    def with_array(self, values):
        packet = self.pool.packet({"seq": 0})
        numpy.asarray(packet.array("data", values.shape, values.dtype))[:] = values
        return packet

    def close(self):
        brine.Pool.unlink(self.pool_name)


class Queue:
    name = "multiprocessing.Queue"
    waits = "sleeps; a thread sends"
    copied = "pickled, into the kernel, out of it, unpickled"
    copied_array = "pickled, into the kernel, out of it, unpickled; both ways"
    missing = None
    note = ""

    def __init__(self, capacity, nbytes):
        self.ways = context.Queue(capacity), context.Queue(capacity)

    def open(self, side):
        self.send, self.receive = self.ways[side].put, self.ways[1 - side].get

    @staticmethod
    def with_array(values):
        return {"seq": 0, "data": values}

    def close(self):
        pass


class Pipe(Queue):
    name = "multiprocessing.Pipe"
    waits = "sleeps"

    def __init__(self, capacity, nbytes):
        self.ways = context.Pipe()

    def open(self, side):
        self.send, self.receive = self.ways[side].send, self.ways[side].recv


class SharedMemory(Queue):
    """A block for each direction, which holds one message; arrays are pickled out of band (PEP 574)."""

    name = "shared_memory + pickle"
    waits = "sleeps (two semaphores a direction)"
    copied = "pickled, into the block, unpickled"
    copied_array = "the rest pickled, the array into the block and read there; both ways"

    def __init__(self, capacity, nbytes):
        self.blocks = [shared_memory.SharedMemory(create=True, size=nbytes + 65536) for _ in range(2)]
        self.full = [context.Semaphore(0) for _ in range(2)]
        self.free = [context.Semaphore(1) for _ in range(2)]

    def open(self, side):
        self.side = side

    def send(self, item):
        buffers = []
        text = pickle.dumps(item, 5, buffer_callback=buffers.append)
        block, at = self.blocks[self.side].buf, 8
        self.free[self.side].acquire()
        block[0:4], block[4:8] = len(text).to_bytes(4, "little"), len(buffers).to_bytes(4, "little")
        for part in [text, *(buffer.raw() for buffer in buffers)]:
            size = len(part)
            block[at:at + 8] = size.to_bytes(8, "little")
            block[at + 8:at + 8 + size] = part
            at = (at + 8 + size + 7) & ~7
        self.full[self.side].release()

    def receive(self):
        other = 1 - self.side
        self.full[other].acquire()
        block, at, parts = self.blocks[other].buf, 8, []
        for _ in range(1 + int.from_bytes(block[4:8], "little")):
            size = int.from_bytes(block[at:at + 8], "little")
            parts.append(block[at + 8:at + 8 + size])
            at = (at + 8 + size + 7) & ~7
        item = pickle.loads(parts[0], buffers=parts[1:])
        self.free[other].release()
        return item

    def close(self):
        for block in self.blocks:
            block.close()
            block.unlink()


class ZeroMQ(Queue):
    """msgpack for the dict; an array is a part of the message of its own, which ZeroMQ is given and gives by reference."""

    name = "ZeroMQ + msgpack"
    waits = "sleeps; a thread sends and one receives"
    copied = "packed, into the kernel, out of it, unpacked"
    copied_array = "the rest packed, the array into the kernel and out of it; both ways"
    missing = no_zmq
    note = f"libzmq {zmq.zmq_version()}, pyzmq {zmq.__version__}, msgpack {'.'.join(map(str, msgpack.version))}" if msgpack else ""

    def __init__(self, capacity, nbytes):
        self.folder, self.capacity = tempfile.mkdtemp(prefix="bench-zmq."), capacity

    def open(self, side):
        self.socket = zmq.Context().socket(zmq.PAIR)
        self.socket.set_hwm(self.capacity)
        (self.socket.connect if side else self.socket.bind)(f"ipc://{self.folder}/socket")

    def send(self, item):
        parts = []

        def apart(array):
            parts.append(array)
            return msgpack.ExtType(1, msgpack.packb((array.dtype.str, array.shape)))

        head = msgpack.packb(item, default=apart)
        self.socket.send(head, zmq.SNDMORE if parts else 0)
        for part in parts:
            self.socket.send(part, zmq.SNDMORE if part is not parts[-1] else 0, copy=False)

    def receive(self):
        head, parts = self.socket.recv(), []
        while self.socket.getsockopt(zmq.RCVMORE):
            parts.append(self.socket.recv(copy=False).buffer)

        def back(code, data):
            dtype, shape = msgpack.unpackb(data)
            return numpy.frombuffer(parts.pop(0), dtype).reshape(shape)

        return msgpack.unpackb(head, ext_hook=back)

    def close(self):
        shutil.rmtree(self.folder)


WAYS = [Brine, Queue, Pipe, SharedMemory, ZeroMQ]


def die_with_parent():
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
