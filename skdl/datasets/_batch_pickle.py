"""The pickled batches of CIFAR-10, read without the power of a pickle.

A pickle is a program: it may call any function, and a few bytes of it can fill the
memory or compute without end. Python's unpickler is therefore not used. `INSTRUCTIONS`
lists what Python 2 wrote into a batch; a file with another instruction is refused. Each
instruction costs a bounded amount of memory and time, whatever came before it: memory
is a dict and not a table, keys are short texts, and nothing is called, hashed or shown
that a file has nested.
"""

from struct import Struct

import numpy as np

__all__ = ["read_batch_pickle"]

# A true batch of 10,000 images has 30,000: a label, a file name and its number each.
MAX_INSTRUCTIONS = 100_000
# Shorter texts may be keys; longer ones are views of the file.
MAX_KEY = 255
# The names that a batch has, which stand for themselves: texts of a file are bytes.
NAMES = {
    b"numpy.core.multiarray\n_reconstruct": "array",
    b"numpy\nndarray": "ndarray",
    b"numpy\ndtype": "dtype",
}
MAX_NAME = 80


def read_batch_pickle(data, source):
    """Return the images and labels of a batch.

    Parameters
    ----------
    data : bytes
        A pickle by Python 2 of a dict with "data", an array of uint8 rows, and
        "labels", a list.
    source : str
        The name of the file, for messages.

    Returns
    -------
    rows : uint8 ndarray of shape (n_images, n_pixels)
    labels : list of int

    Raises
    ------
    ValueError
        If the file is anything else, with the name of the file.
    """
    try:
        batch = _Machine(data).run()
        rows, labels = batch[b"data"].rows, batch[b"labels"]
        if rows is None:
            raise ValueError("its array has no content")
        if type(labels) is not list or any(type(label) is not int for label in labels):
            raise ValueError("its labels are no list of integers")
        return rows, labels
    # Damaged bytes are instructions, too: they raise whatever those happen to raise.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    # Raised here, the error holds on to nothing that the file has built.
    raise ValueError(
        f"{source} is truncated, damaged or no pickled batch of images, which is a "
        f"dict with 'data' and 'labels': {reason}"
    )


class _Dtype:
    def __init__(self, code):
        self.code = code


class _Array:
    rows = None

    def set(self, state):
        _, shape, dtype, is_fortran, data = state
        if type(dtype) is not _Dtype or dtype.code != b"u1":
            raise ValueError("an array of another dtype than u1, unsigned bytes")
        if type(shape) is not tuple or [type(n) for n in shape] != [int, int]:
            raise ValueError("an array that has no rows and columns")
        if type(data) not in (bytes, memoryview) or min(shape) < 1:
            raise ValueError("an array that is empty")
        if len(data) != shape[0] * shape[1]:
            raise ValueError(f"an array of shape {shape} with {len(data)} bytes")
        order = "F" if is_fortran else "C"
        self.rows = np.frombuffer(data, np.uint8).reshape(shape, order=order)


class _Machine:
    """What the instructions of a pickle work on: a stack, marks in it, and a memo."""

    def __init__(self, data):
        self.data = data
        self.position = 0
        self.stack = []
        self.below_marks = []
        self.memo = {}

    def run(self):
        """Return what stands on the stack when the pickle stops."""
        data, end = self.data, len(self.data)
        for _ in range(MAX_INSTRUCTIONS):
            start = self.position
            if start >= end:
                raise EOFError("its end is missing")
            code = data[start]
            if code == STOP:
                return self.stack.pop()
            if code not in INSTRUCTIONS:
                raise ValueError(f"byte {start} is {code:#04x}, which no batch has")
            size, arguments_at, act = INSTRUCTIONS[code]
            self.position = start + size
            act(self, *arguments_at(data, start + 1))
        raise ValueError(f"more than {MAX_INSTRUCTIONS} instructions")

    def push(self, value):
        self.stack.append(value)

    def text(self, length):
        start = self.position
        self.position = start + length
        if not start <= self.position <= len(self.data):
            raise EOFError(f"a text of {length} bytes is cut off")
        # A long text is not copied: it is the images.
        data = self.data if length <= MAX_KEY else memoryview(self.data)
        self.push(data[start : self.position])

    def integer(self, length):
        if length > 8:
            raise ValueError(f"an integer of {length} bytes")
        self.text(length)
        self.push(int.from_bytes(self.stack.pop(), "little", signed=True))

    def put(self, number):
        self.memo[number] = self.stack[-1]

    def get(self, number):
        self.push(self.memo[number])

    def name(self):
        text = self.data[self.position : self.position + MAX_NAME]
        name = b"\n".join(text.split(b"\n")[:2])
        if name not in NAMES:
            raise ValueError(f"a batch has no use for {ascii(name)[2:-1]}")
        self.position += len(name) + 1
        self.push(NAMES[name])

    def mark(self):
        self.below_marks.append(self.stack)
        self.stack = []

    def since_mark(self):
        items, self.stack = self.stack, self.below_marks.pop()
        return items

    def last(self, n):
        items = self.stack[-n:]
        if len(items) < n:
            raise ValueError("an instruction lacks what it works on")
        del self.stack[-n:]
        return items

    def extend(self, items):
        if type(self.stack[-1]) is not list:
            raise ValueError("something is appended to what is no list")
        self.stack[-1].extend(items)

    def update(self, items):
        keys, values = items[::2], items[1::2]
        if type(self.stack[-1]) is not dict or any(
            type(key) is not bytes for key in keys
        ):
            raise ValueError("a key is no short text, or is set in what is no dict")
        self.stack[-1].update(zip(keys, values, strict=True))

    def call(self):
        function, arguments = self.last(2)
        if type(arguments) is not tuple or function not in ("array", "dtype"):
            raise ValueError("something is called that is no function")
        self.push(_Array() if function == "array" else _Dtype(arguments[0]))

    def set_state(self):
        target, state = self.last(2)
        if type(target) not in (_Array, _Dtype):
            raise ValueError("something is set that is no array")
        # The state of a dtype of bytes says nothing more.
        if type(target) is _Array:
            target.set(state)
        self.push(target)


def _instructions(table):
    """Return by code: its size with the argument, what reads that, what it does."""
    return {
        code[0]: (1 + Struct(argument).size, Struct(argument).unpack_from, act)
        for code, argument, act in table
    }


STOP = ord(".")
# Code, format of the argument that follows it, and what it does.
INSTRUCTIONS = _instructions([
    (b"\x80", "<B", lambda machine, protocol: None),
    (b"N", "", lambda machine: machine.push(None)),
    (b"\x88", "", lambda machine: machine.push(True)),
    (b"\x89", "", lambda machine: machine.push(False)),
    (b"K", "<B", _Machine.push),
    (b"M", "<H", _Machine.push),
    (b"J", "<i", _Machine.push),
    (b"\x8a", "<B", _Machine.integer),
    (b"U", "<B", _Machine.text),
    (b"T", "<i", _Machine.text),
    (b"q", "<B", _Machine.put),
    (b"r", "<I", _Machine.put),
    (b"h", "<B", _Machine.get),
    (b"j", "<I", _Machine.get),
    (b"]", "", lambda machine: machine.push([])),
    (b"a", "", lambda machine: machine.extend(machine.last(1))),
    (b"e", "", lambda machine: machine.extend(machine.since_mark())),
    (b"}", "", lambda machine: machine.push({})),
    (b"s", "", lambda machine: machine.update(machine.last(2))),
    (b"u", "", lambda machine: machine.update(machine.since_mark())),
    (b"(", "", _Machine.mark),
    (b")", "", lambda machine: machine.push(())),
    (b"t", "", lambda machine: machine.push(tuple(machine.since_mark()))),
    (b"\x85", "", lambda machine: machine.push(tuple(machine.last(1)))),
    (b"\x86", "", lambda machine: machine.push(tuple(machine.last(2)))),
    (b"\x87", "", lambda machine: machine.push(tuple(machine.last(3)))),
    (b"c", "", _Machine.name),
    (b"R", "", _Machine.call),
    (b"b", "", _Machine.set_state),
])  # fmt: skip
