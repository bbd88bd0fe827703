"""Files of a folder or of an archive, and errors that name the damaged one."""

import errno
import lzma
import os
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

from skdl.datasets._tar import read_tar

# Errors that decoders raise for damaged files. RuntimeError stands for an encrypted or
# too deeply nested file, MemoryError for one that asks for too much memory.
DAMAGE = (EOFError, OSError, ValueError, RuntimeError, MemoryError)
DAMAGE += (lzma.LZMAError, zipfile.BadZipFile, zlib.error)


def existing(path):
    """Return the Path of a file or folder, with ~ replaced, or raise an error.

    Raises
    ------
    FileNotFoundError
        If the path does not exist.
    TypeError
        If the path is not a str and not path-like.
    ValueError
        If the path is empty, or is not a file or folder.
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
    # Path.exists raises for a path that is too long or contains a zero byte.
    if not os.path.exists(text):
        raise FileNotFoundError(f"There is no file and no folder {text!r}.")
    if not (os.path.isfile(text) or os.path.isdir(text)):
        raise ValueError(
            f"The 'path' of a data set must be a file or a folder. {text!r} is neither."
        )
    return Path(text)


@contextmanager
def naming_damage(path, expected):
    """Turn the errors of decoders about damaged data into a ValueError.

    Parameters
    ----------
    path : path or str
        The file, for the message.
    expected : str
        What the file should be, for the message.
    """
    try:
        yield
    except DAMAGE as error:
        # Errors of the system, such as a missing permission, have a number. EINVAL is
        # the number if a damaged file names an impossible position.
        if getattr(error, "errno", None) not in (None, errno.EINVAL):
            raise
        reason = str(error) or type(error).__name__
        raise ValueError(
            f"{path} is truncated, damaged or not {expected}: {reason}"
        ) from error


class Files:
    """The files of a folder or of a tar archive, by name.

    Parameters
    ----------
    path : Path
        A folder, or an archive, compressed or not.
    folders : iterable of Path
        Folders to search, relative to `path`.
    name_of : callable
        Maps the parts of a path to the name of the file, or to None for a file to skip.
    dataset : ImageDataset
        The data set, which bounds the number and the size of the files.

    Raises
    ------
    ValueError
        If the archive is damaged or too large, or two files have the same name.
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
            # Twice the images, since some systems put a hidden file beside each file.
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
        """Return the name of a file for messages."""
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
                f"{self.path} has two files that could be {name}: pass the folder or "
                "archive that contains the right one."
            )
        self._sources[name] = source
