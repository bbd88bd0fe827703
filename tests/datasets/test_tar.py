"""Archives that are not what their headers say, and the unusual ones that are right."""

import gzip
import io
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdl.datasets import cifar10, load_cifar10
from tests.datasets.formats import binary_files, pictures, write_archive
from tests.datasets.private_names import _tar

BATCHES = pictures(1)
FILES = binary_files(BATCHES)
NAME = "cifar-10-batches-bin/data_batch_1.bin"
LABELS = [int(y[0]) for _, y in BATCHES[:-1]]


def header(name, kind, size, **changes):
    """Return a header of which some bytes are changed, with the right checksum."""
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, size
    block = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    for at, data in changes.items():
        place = int(at.removeprefix("at"))
        block[place : place + len(data)] = data
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def binary(number):
    return b"\x80" + number.to_bytes(11, "big")


def archive(*blocks):
    return b"".join(block + bytes(-len(block) % 512) for block in blocks) + bytes(1024)


def note(key, value):
    """Return a record of a pax header, of 10 to 99 bytes."""
    return b"%d %s=%s\n" % (len(key) + len(value) + 5, key, value)


def pax(text, kind=b"x"):
    return header("pax", kind, len(text)) + text + bytes(-len(text) % 512)


HOLE = {"at386": binary(2**40), "at398": b"%011o\0" % 0, "at483": binary(2**40)}
FILE = header(NAME, b"0", 0)
BAD = {
    "sparse": (header(NAME, b"S", 0, **HOLE), "sparse file"),
    "sparse, of no use": (header("more", b"S", 0, **HOLE), "sparse file"),
    "sparse by a note": (pax(note(b"GNU.sparse.major", b"1")) + FILE, "sparse file"),
    "a size of 2**40": (header(NAME, b"0", 0, at124=binary(2**40)), "unpacks to more"),
    "of no use, 2**80": (header("a", b"0", 0, at124=binary(2**80)), "unpacks to more"),
    "a size by a note": (pax(note(b"size", b"9" * 19)) + FILE, "unpacks to more"),
    "a size below zero": (header(NAME, b"0", 0, at124=b"\xff" * 12), "is damaged"),
    "a note below zero": (pax(note(b"size", b"-512")) + FILE, "note is damaged"),
    "a size that is not a number": (header(NAME, b"0", 0, at124=b"0b1"), "is damaged"),
    "a long name of 2**40": (header("a", b"L", 0, at124=binary(2**40)), "a note has"),
    "a note of 2**40": (header("a", b"x", 0, at124=binary(2**40)), "a note has"),
    "a note of 100 kB": (pax(b"9" * 100_000), "a note has 100000 bytes"),
    "a note of digits": (pax(b"9" * 8000) + FILE, "note is damaged"),
    "a record of no length": (pax(b"0 a=b\n") + FILE, "note is damaged"),
    "a record beyond the note": (pax(b"99 a=b\n") + FILE, "note is damaged"),
    "a symbolic link": (header(NAME, b"2", 0, at157=b"/dev/zero"), "a link or a"),
    "a hard link": (header(NAME, b"1", 0, at157=b"/etc/passwd"), "a link or a device"),
    "a device": (header(NAME, b"3", 0), "data_batch_1.bin in it is a link or a device"),
    "a pipe": (header(NAME, b"6", 0), "a link or a device"),
    "an unknown kind": (header(NAME, b"Z", 0), "a link or a device"),
    "notes without a member": (pax(b"") * 2000, "its end is missing"),
    "a member without content": (header(NAME, b"0", 3073), "its end is missing"),
    "no archive": (b"<html>" * 200, "damaged or missing"),
}  # fmt: skip


WITHOUT_END = ("notes without a member", "a member without content")


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_bad_members(tmp_path, case, pack):
    blocks, message = BAD[case]
    path = tmp_path / "cifar.tar"
    data = blocks if case in WITHOUT_END else archive(blocks)
    path.write_bytes(pack(data))
    with pytest.raises(ValueError, match=rf"cifar\.tar is truncated, .*({message})"):
        load_cifar10(path)


@pytest.fixture
def tight(monkeypatch):
    """CIFAR-10 as a data set of at most 12 images, so that bombs can be small."""
    monkeypatch.setattr(cifar10, "CIFAR10", replace(cifar10.CIFAR10, max_images=12))


@pytest.mark.usefixtures("tight")
@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("name", [NAME, "notes.txt"])
def test_bomb(tmp_path, mode, name):
    path = write_archive(tmp_path / "cifar.tar", {name: bytes(10**6)}, mode)
    assert path.stat().st_size < 3000
    with pytest.raises(
        ValueError, match=r"cifar\.tar is .* unpacks to more than 49152"
    ):
        load_cifar10(path)


@pytest.mark.usefixtures("tight")
def test_bomb_after_the_end(tmp_path):
    path = write_archive(tmp_path / "cifar.tar", FILES, "w")
    path.write_bytes(gzip.compress(path.read_bytes() + bytes(10**6)))
    with pytest.raises(ValueError, match=r"cifar\.tar is .* unpacks to more than"):
        load_cifar10(path)


@pytest.mark.usefixtures("tight")
def test_too_many_members(tmp_path):
    path = tmp_path / "cifar.tar"
    path.write_bytes(archive(*[header("a", b"5", 0)] * 25))
    with pytest.raises(ValueError, match=r"cifar\.tar is .* more than 24 members"):
        load_cifar10(path)


@pytest.mark.usefixtures("tight")
def test_folder_with_too_large_files(tmp_path):
    with (tmp_path / "data_batch_1.bin").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(
        ValueError, match=r"data_batch_1\.bin.* has 1099511627776 bytes"
    ):
        load_cifar10(tmp_path)


def test_folder_in_place_of_a_file(tmp_path):
    (tmp_path / "data_batch_1.bin").mkdir()
    with pytest.raises(ValueError, match=r"data_batch_1\.bin is a folder or a link to"):
        load_cifar10(tmp_path)


@pytest.mark.parametrize("garbage", [b"garbage", b"\x1f\x8b\x08garbage"])
def test_garbage_after_a_compressed_archive(tmp_path, garbage):
    path = write_archive(tmp_path / "cifar.tar", FILES)
    path.write_bytes(path.read_bytes() + garbage)
    with pytest.raises(ValueError, match=r"cifar\.tar is truncated, damaged"):
        load_cifar10(path)


@pytest.mark.parametrize(
    "form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
)
@pytest.mark.parametrize("folder", ["a", "ä" * 40, "a" * 60 + "/" + "b" * 80])
def test_long_and_non_ascii_names(tmp_path, form, folder):
    path = tmp_path / "cifar.tar"
    with tarfile.open(path, "w", format=form) as file:
        for name, data in FILES.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    assert_array_equal(load_cifar10(path).y_train, LABELS)


def test_names_longer_than_a_header(tmp_path):
    path = tmp_path / "cifar.tar"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(path, "w", format=form, pax_headers={"comment": "x"}) as file:
            for name, data in FILES.items():
                member = tarfile.TarInfo("long/" * 300 + name)
                member.size, member.pax_headers = len(data), {"mtime": "1.5"}
                file.addfile(member, io.BytesIO(data))
        assert_array_equal(load_cifar10(path).y_train, LABELS)


def test_links_and_devices_are_skipped(tmp_path):
    path = write_archive(tmp_path / "cifar.tar", FILES, "w")
    links = [header(f"a{kind}", b"%d" % kind, 512) for kind in range(1, 7)]
    path.write_bytes(b"".join(links) + path.read_bytes())
    assert_array_equal(load_cifar10(path).y_train, LABELS)


def test_content_equals_that_of_tarfile(tmp_path):
    rng = np.random.default_rng(0)
    files = {f"{'d' * int(n)}/{n}": rng.bytes(n) for n in (1, 99, 511, 512, 513, 2000)}
    path = write_archive(tmp_path / "some.tar.gz", files)
    read = dict(_tar.read_tar(path, "/".join, 100, 10**6))
    with tarfile.open(path) as archive:
        expected = {member.name: archive.extractfile(member).read()
                    for member in archive if member.isfile()}  # fmt: skip
    assert read == expected == files
