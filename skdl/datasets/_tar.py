"""Tar archives from untrusted sources, read in one pass and within bounds.

`tarfile` trusts headers: sparse members of any size, negative sizes, on which it never
ends, and extended headers of any length, also circular ones. An archive of images has
none of these. This reader knows files, folders and long names only.
"""

import bz2
import gzip
import lzma

BLOCK = 512
CHUNK = 2**20
# Largest extended header: a long name and some other records of a member.
MAX_NOTE = 8192
UNPACKERS = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
    b"]\0\0": lzma.open,
}
# Kinds of members, byte 156 of the header. "Notes" are extended headers.
FILES = (b"0", b"\0", b"7")
FOLDER = b"5"
WITHOUT_CONTENT = (b"1", b"2", b"3", b"4", FOLDER, b"6")
LONG_NAME, NOTES = b"L", (b"x", b"X")
SKIPPED = (b"g", b"K")
SPARSE = b"S"


def read_tar(path, name_of, max_members, max_bytes):
    """Yield (name, bytes) of the files that `name_of` selects.

    Parameters
    ----------
    path : Path
        An archive, plain or compressed by gzip, bzip2 or xz.
    name_of : callable
        Maps the parts of a path to the name of the file, or to None for a file to skip.
    max_members : int
        Largest number of members.
    max_bytes : int
        Largest number of bytes of the unpacked archive.

    Raises
    ------
    EOFError
        If the archive is cut off.
    ValueError
        If the file is damaged, too large or not an archive, or if a selected member is
        not a file. Decompressors raise errors of their own.
    """
    with path.open("rb") as file:
        reader = _Reader(unpacked(file), max_bytes)
        yield from _files(reader, name_of, max_members)


def unpacked(file):
    """Return a file, or a file object that unpacks it if it is compressed."""
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
    # An archive ends with zeros. Reading them makes gzip compare its checksum.
    reader.check_that_zeros_follow()


def _members(reader):
    """Yield (path, kind, size) of each member; its content comes next in the stream."""
    notes = {}
    while (header := reader.take(BLOCK)).strip(b"\0"):
        # In the checksum, its own bytes count as spaces.
        checksum = sum(header[:148]) + sum(b" " * 8) + sum(header[156:])
        if _number(header[148:156]) != checksum:
            raise ValueError("a header is damaged or missing")
        kind, size = header[156:157], _number(header[124:136])
        if kind == LONG_NAME or kind in NOTES or kind in SKIPPED:
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
    """Return the number in a field: octal, or binary after a byte 128."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0") or b"0"
    if digits.strip(b"01234567"):
        raise ValueError("a header is damaged or missing")
    return int(digits, 8)


def _decimal(digits):
    if not digits.isdigit() or len(digits) > 20:
        raise ValueError("a note is damaged")
    return int(digits)


def _records(note):
    """Return the records "length key=value" of an extended header as a dict."""
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
    """Reads a stream from start to end, up to a limit of bytes."""

    def __init__(self, stream, limit):
        self.stream, self.limit, self.left = stream, limit, limit

    def take(self, n):
        """Return the next n bytes."""
        self._count(n)
        data = self.stream.read(n)
        if len(data) < n:
            raise EOFError("its end is missing")
        return data

    def skip(self, n):
        """Skip n bytes."""
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
