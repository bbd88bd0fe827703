"""Files of a folder or of an archive, and errors that name the damaged one."""

import lzma
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Files", "existing", "naming_damage"]

DAMAGE = (EOFError, OSError, ValueError, lzma.LZMAError, tarfile.TarError)
DAMAGE += (zipfile.BadZipFile, zlib.error)


def existing(path):
    """Return a path that exists, with ~ replaced, or raise FileNotFoundError."""
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"There is no file and no folder {str(path)!r}.")
    return path


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
        # Errors of the system, such as a missing permission, have a number.
        if getattr(error, "errno", None) is not None:
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

    Raises
    ------
    ValueError
        If the archive is damaged or none, or has two files of one name.
    """

    def __init__(self, path, folders, name_of):
        self.path = path
        self._sources = {}
        if path.is_dir():
            for folder in folders:
                for file in (path / folder).glob("*"):
                    name = name_of(file.relative_to(path).parts)
                    if name is not None and file.is_file():
                        self._add(name, file)
        else:
            with naming_damage(path, "a tar archive"):
                content = list(_read_archive(path, name_of))
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


def _read_archive(path, name_of):
    """Yield (name, bytes) of the files that have a name."""
    # In one pass: to go back in a compressed file is to begin anew.
    with tarfile.open(path) as archive:
        for member in archive:
            name = name_of(member.name.split("/")) if member.isfile() else None
            if name is not None:
                yield name, archive.extractfile(member).read()
        # tarfile takes a header that is cut off or damaged for the end. The true end
        # is zeros; and only who reads up to it has the checksum compared.
        rest = archive.fileobj
        if rest.tell() != archive.offset + tarfile.BLOCKSIZE:
            raise EOFError("its end is missing")
        while block := rest.read(2**20):
            if block.strip(b"\0"):
                raise EOFError("a header is damaged")
