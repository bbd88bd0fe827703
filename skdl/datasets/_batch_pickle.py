"""The pickled batches of CIFAR-10, read without running them as pickles.

A pickle is a program: it may call any function, and a few bytes can fill the memory or
run forever. So Python's unpickler is not used. `INSTRUCTIONS` lists the instructions
that Python 2 wrote into a batch; a file with another instruction is refused. Each
instruction needs bounded memory and time, whatever came before it: the memo is a dict
and not a table, keys are short texts, and nested values are never called, hashed or
printed.
"""

from struct import Struct

import numpy as np

# A real batch of 10,000 images has 30,000: for each image its label, its file name and
# the number of that name in the memo.
MAX_INSTRUCTIONS = 100_000
# Texts up to this length are copied and may be keys; longer ones are views of the file.
MAX_KEY = 255
# Names that a batch uses, and the str that stands for each; texts in a file are bytes.
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
        A pickle, written by Python 2, of a dict with "data", an array of uint8 rows,
        and "labels", a list.
    source : str
        The name of the file, for messages.

    Returns
    -------
    rows : uint8 ndarray of shape (n_images, n_pixels)
        The images, one per row.
    labels : list of int
        The labels of the images.

    Raises
    ------
    ValueError
        If the file is anything else. The message names the file.
    """
    try:
        batch = _Machine(data).run()
        rows, labels = batch[b"data"].rows, batch[b"labels"]
        if rows is None:
            raise ValueError("its array has no content")
        if type(labels) is not list or any(type(label) is not int for label in labels):
            raise ValueError("its labels are not a list of integers")
        return rows, labels
    # Damaged bytes are read as instructions, which can raise any error.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    # Raised outside the except block, the error keeps no values of the file alive.
    raise ValueError(
        f"{source} is truncated, damaged or not a pickled batch of images (a dict with "
        f"'data' and 'labels'): {reason}"
    )


class _Dtype:
    def __init__(self, code):
        self.code = code


class _Array:
    rows = None

    def set(self, state):
        _, shape, dtype, is_fortran, data = state
        if type(dtype) is not _Dtype or dtype.code != b"u1":
            raise ValueError("an array whose dtype is not u1, unsigned bytes")
        if type(shape) is not tuple or [type(n) for n in shape] != [int, int]:
            raise ValueError("an array that does not have rows and columns")
        if type(data) not in (bytes, memoryview) or min(shape) < 1:
            raise ValueError("an array that is empty")
        if len(data) != shape[0] * shape[1]:
            raise ValueError(f"an array of shape {shape} with {len(data)} bytes")
        order = "F" if is_fortran else "C"
        self.rows = np.frombuffer(data, np.uint8).reshape(shape, order=order)


class _Machine:
    """The state that instructions change: a stack, marks in the stack, and a memo."""

    def __init__(self, data):
        self.data = data
        self.position = 0
        self.stack = []
        self.below_marks = []
        self.memo = {}

    def run(self):
        """Return the top of the stack when the pickle stops."""
        data, end = self.data, len(self.data)
        for _ in range(MAX_INSTRUCTIONS):
            start = self.position
            if start >= end:
                raise EOFError("its end is missing")
            code = data[start]
            if code == STOP:
                return self.stack.pop()
            if code not in INSTRUCTIONS:
                raise ValueError(
                    f"byte {start} is {code:#04x}, which batches never have"
                )
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
        # A long text holds the images, and is not copied.
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
            raise ValueError(f"a batch does not use the name {ascii(name)[2:-1]}")
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
            raise ValueError("an instruction lacks its operands")
        del self.stack[-n:]
        return items

    def extend(self, items):
        if type(self.stack[-1]) is not list:
            raise ValueError("a value is appended to something that is not a list")
        self.stack[-1].extend(items)

    def update(self, items):
        keys, values = items[::2], items[1::2]
        if type(self.stack[-1]) is not dict or any(
            type(key) is not bytes for key in keys
        ):
            raise ValueError("a key is not a short text, or is set outside a dict")
        self.stack[-1].update(zip(keys, values, strict=True))

    def call(self):
        function, arguments = self.last(2)
        if type(arguments) is not tuple or function not in ("array", "dtype"):
            raise ValueError("something is called that is not a known function")
        self.push(_Array() if function == "array" else _Dtype(arguments[0]))

    def set_state(self):
        target, state = self.last(2)
        if type(target) not in (_Array, _Dtype):
            raise ValueError("a state is set on something that is not an array")
        # The state of a dtype of unsigned bytes holds no information.
        if type(target) is _Array:
            target.set(state)
        self.push(target)


def _instructions(table):
    """Return a dict: code -> (size with argument, reader of the argument, action)."""
    return {
        code[0]: (1 + Struct(argument).size, Struct(argument).unpack_from, act)
        for code, argument, act in table
    }


STOP = ord(".")
# Code, struct format of its argument, and action.
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
