"""Files of a folder or of an archive, and errors that name the damaged one."""

import errno
import lzma
import os
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

from skdl.datasets._tar import read_tar

__all__ = ["Files", "existing", "naming_damage"]

# What decoders raise about what they are given: RuntimeError for an encrypted file, or
# one nested too deeply, MemoryError for one that asks for more than there is.
DAMAGE = (EOFError, OSError, ValueError, RuntimeError, MemoryError)
DAMAGE += (lzma.LZMAError, zipfile.BadZipFile, zlib.error)


def existing(path):
    """Return the Path of a file or folder, with ~ replaced, or raise an error.

    Raises
    ------
    FileNotFoundError
        If there is no such path.
    TypeError
        If it is neither text nor path-like.
    ValueError
        If it is empty, or a device or the like.
    """
    if not isinstance(path, (str, os.PathLike)) or isinstance(os.fspath(path), bytes):
        raise TypeError(
            "The 'path' of a data set must be a str or path-like, such as "
            f"'data/mnist' or pathlib.Path('data/mnist'). Got {path!r} instead."
        )
    text = os.path.expanduser(path)
    if not text:
        raise ValueError(
            "The 'path' of a data set must not be empty. Got '' instead: write '.' for "
            "the current folder."
        )
    # These, unlike Path.exists, have False for a path that is too long or has a zero.
    if not os.path.exists(text):
        raise FileNotFoundError(f"There is no file and no folder {text!r}.")
    if not (os.path.isfile(text) or os.path.isdir(text)):
        raise ValueError(
            f"The 'path' of a data set must be a file or a folder. {text!r} is neither."
        )
    return Path(text)


@contextmanager
def naming_damage(path, expected):
    """Turn what decoders raise about damaged data into a ValueError.

    Parameters
    ----------
    path : path or str
        What the message names.
    expected : str
        What should be there.
    """
    try:
        yield
    except DAMAGE as error:
        # Errors of the system, such as a missing permission, have a number. That of an
        # invalid argument is of a place that cannot be, which a damaged file named.
        if getattr(error, "errno", None) not in (None, errno.EINVAL):
            raise
        reason = str(error) or type(error).__name__
        raise ValueError(
            f"{path} is truncated, damaged or not {expected}: {reason}"
        ) from error


class Files:
    """Files by name, of a folder or of a tar archive.

    Parameters
    ----------
    path : Path
        A folder, or an archive, compressed or not.
    folders : iterable of Path
        Folders below path, relative to it, that may have the files.
    name_of : callable
        Maps the parts of a path to the name under which the file is to be found, or to
        None if it is of no use.
    dataset : ImageDataset
        Its `max_images` and `max_bytes` are more than the files can have.

    Raises
    ------
    ValueError
        If the archive is damaged or none, has two files of one name, or is too large.
    """

    def __init__(self, path, folders, name_of, dataset):
        self.path = path
        self._sources = {}
        n_bytes = 0
        if path.is_dir():
            for folder in folders:
                for file in (path / folder).glob("*"):
                    name = name_of(file.relative_to(path).parts)
                    if name is None:
                        continue
                    if not file.is_file():
                        raise ValueError(f"{file} is a folder or a link to no file.")
                    n_bytes += file.stat().st_size
                    if n_bytes > dataset.max_bytes:
                        raise ValueError(
                            f"{file}, with the files before it, has {n_bytes} bytes: "
                            f"{dataset.name} has less than {dataset.max_bytes}."
                        )
                    self._add(name, file)
        else:
            # Some systems put a hidden file beside each image.
            limits = 2 * dataset.max_images, dataset.max_bytes
            with naming_damage(path, "a tar archive"):
                content = list(read_tar(path, name_of, *limits))
            for name, data in content:
                self._add(name, data)

    def __contains__(self, name):
        return name in self._sources

    def __iter__(self):
        return iter(self._sources)

    def source(self, name):
        """Return what messages call the file."""
        if self.path.is_dir():
            return str(self._sources.get(name, self.path / name))
        return f"{name} of {self.path}"

    def read(self, name):
        """Return the bytes of a file."""
        source = self._sources[name]
        return source if isinstance(source, bytes) else source.read_bytes()

    def _add(self, name, source):
        if name in self._sources:
            raise ValueError(
                f"{self.path} has two files that could be {name}: give the folder or "
                "an archive of the one."
            )
        self._sources[name] = source
