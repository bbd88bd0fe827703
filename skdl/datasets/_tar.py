"""Tar archives from strangers, in one pass and within bounds.

`tarfile` believes what headers say: sparse members that are one hole of any size, sizes
below zero, on which it never ends, notes of any length, in circles. An archive of
images has none of these. What is read here is what it has: files, folders, long names.
"""

import bz2
import gzip
import lzma

__all__ = ["read_tar", "unpacked"]

BLOCK = 512
CHUNK = 2**20
# A long name and what the notes of a member may say besides.
MAX_NOTE = 8192
UNPACKERS = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
    b"]\0\0": lzma.open,
}
# By the kind of a member, the byte 156 of its header.
FILES = (b"0", b"\0", b"7")
FOLDER = b"5"
WITHOUT_CONTENT = (b"1", b"2", b"3", b"4", FOLDER, b"6")
LONG_NAME, NOTES = b"L", (b"x", b"X")
PASSED_OVER = (b"g", b"K")
SPARSE = b"S"


def read_tar(path, name_of, max_members, max_bytes):
    """Yield (name, bytes) of the files that have a name.

    Parameters
    ----------
    path : Path
        An archive, as it is or compressed by gzip, bzip2 or xz.
    name_of : callable
        Maps the parts of a path to the name of a file, or to None if it is of no use.
    max_members, max_bytes : int
        How many members the archive may have, and how many bytes when it is unpacked.

    Raises
    ------
    EOFError
        If it is cut off.
    ValueError
        If it is damaged, too large, no archive, or has something else than a file under
        a name of use. Decompressors raise errors of their own.
    """
    with path.open("rb") as file:
        reader = _Reader(unpacked(file), max_bytes)
        yield from _files(reader, name_of, max_members)


def unpacked(file):
    """Return a file, or what unpacks it if it begins as a compressed one does."""
    start = file.read(max(map(len, UNPACKERS)))
    file.seek(0)
    for magic, unpack in UNPACKERS.items():
        if start.startswith(magic):
            return unpack(file)
    return file


def _files(reader, name_of, max_members):
    for n_members, (path, kind, size) in enumerate(_members(reader)):
        if n_members == max_members:
            raise ValueError(f"it has more than {max_members} members")
        is_folder = kind == FOLDER or path.endswith("/")
        name = None if is_folder else name_of(path.split("/"))
        if name is not None and kind not in FILES:
            raise ValueError(f"{name} in it is a link or a device, not a file")
        content = 0 if kind in WITHOUT_CONTENT else size
        if name is None:
            reader.skip(content)
        else:
            yield name, reader.take(content)
        reader.skip(-content % BLOCK)
    # The true end is zeros; and only who reads up to it has the checksum compared.
    reader.check_that_zeros_follow()


def _members(reader):
    """Yield (path, kind, size) of a member whose content comes next."""
    notes = {}
    while (header := reader.take(BLOCK)).strip(b"\0"):
        # The checksum counts itself as spaces.
        checksum = sum(header[:148]) + sum(b" " * 8) + sum(header[156:])
        if _number(header[148:156]) != checksum:
            raise ValueError("a header is damaged, or there is none")
        kind, size = header[156:157], _number(header[124:136])
        if kind == LONG_NAME or kind in NOTES or kind in PASSED_OVER:
            if size > MAX_NOTE:
                raise ValueError(f"a note has {size} bytes")
            note = reader.take(size)
            reader.skip(-size % BLOCK)
            if kind == LONG_NAME:
                notes[b"path"] = note.rstrip(b"\0")
            elif kind in NOTES:
                notes |= _records(note)
            continue
        if kind == SPARSE or any(key.startswith(b"GNU.sparse") for key in notes):
            raise ValueError("it has a sparse file, which no data set has")
        path = header[:100].rstrip(b"\0")
        if header[257:263] == b"ustar\0" and (prefix := header[345:500].rstrip(b"\0")):
            path = prefix + b"/" + path
        path = notes.get(b"path", path).decode("utf-8", "backslashreplace")
        if b"size" in notes:
            size = _decimal(notes[b"size"])
        notes = {}
        yield path, kind, size


def _number(field):
    """Return the number of a field: octal, or binary behind a byte 128."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0") or b"0"
    if digits.strip(b"01234567"):
        raise ValueError("a header is damaged, or there is none")
    return int(digits, 8)


def _decimal(digits):
    if not digits.isdigit() or len(digits) > 20:
        raise ValueError("a note is damaged")
    return int(digits)


def _records(note):
    """Return a dict of the records "length key=value" of a note."""
    records = {}
    while note:
        digits, _, _ = note.partition(b" ")
        length = _decimal(digits)
        if not len(digits) < length <= len(note):
            raise ValueError("a note is damaged")
        key, _, value = note[len(digits) + 1 : length - 1].partition(b"=")
        records[key] = value
        note = note[length:]
    return records


class _Reader:
    """Reads on in a stream, up to a limit."""

    def __init__(self, stream, limit):
        self.stream, self.limit, self.left = stream, limit, limit

    def take(self, n):
        """Return n bytes."""
        self._count(n)
        data = self.stream.read(n)
        if len(data) < n:
            raise EOFError("its end is missing")
        return data

    def skip(self, n):
        """Pass over n bytes."""
        self._count(n)
        for start in range(0, n, CHUNK):
            length = min(CHUNK, n - start)
            if len(self.stream.read(length)) < length:
                raise EOFError("its end is missing")

    def check_that_zeros_follow(self):
        while data := self.stream.read(CHUNK):
            self._count(len(data))
            if data.strip(b"\0"):
                raise ValueError("a header is damaged")

    def _count(self, n):
        self.left -= n
        if self.left < 0:
            raise ValueError(f"it unpacks to more than {self.limit} bytes")
