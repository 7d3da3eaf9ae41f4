"""Open a data file, also a compressed one."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst", ".zip")
"""Suffixes of compressed files. How a file is read depends on its first bytes: many are renamed."""

_UNPACKERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": lambda stream: _zstandard(stream),
}
_ZIP = b"PK\x03\x04"
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True)
class OpenedFile:
    """A file that is being read.

    Args:
        path: Its path.
        suffix: Which type of file it is, without its compression: ".csv".
        stream: Its content, decompressed.
        notes: Receives a note about everything that is unusual in it.
    """

    path: Path
    suffix: str
    stream: IO[bytes]
    notes: list[str] = field(default_factory=list)

    def with_pandas(self, arguments: str, reader: str = "read_csv") -> str:
        """A fix for a message: how to read the file with arguments of one's own."""
        call = ", ".join([repr(str(self.path)), *([arguments] if arguments else [])])
        return f'Read it yourself, and pass "$df": import pandas as pd; df = pd.{reader}({call})'


def uncompressed(path: Path) -> Path:
    """The path without the suffix of a compression: "train.csv" for "train.csv.gz"."""
    return path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path


@contextmanager
def open_file(path: Path, is_data: Callable[[Path], bool], notes: list[str]) -> Iterator[OpenedFile]:
    """Context manager: the content of `path`, decompressed.

    Args:
        path: An existing file.
        is_data: Whether a file in a zip archive is a data file.
        notes: Receives the notes about the file.

    Raises:
        DataError: The file is damaged, or an archive without exactly one data file.
    """
    suffix = uncompressed(path).suffix.lower()
    with path.open("rb") as stream:
        start = stream.read(8)
        stream.seek(0)
        try:
            if start.startswith(_ZIP) and suffix != ".xlsx":
                archive = zipfile.ZipFile(stream)
                member = _only_data_file(archive, is_data)
                yield OpenedFile(path, Path(member).suffix.lower(), _opened_member(archive, member), notes)
                return
            unpack = next((unpack for magic, unpack in _UNPACKERS.items() if start.startswith(magic)), None)
            yield OpenedFile(path, suffix, unpack(stream) if unpack else stream, notes)
        except _BROKEN as problem:
            msg = f"the compressed file is damaged or incomplete ({problem}). Copy or download it again."
            raise DataError(msg) from problem


def _zstandard(stream: IO[bytes]) -> IO[bytes]:
    import pyarrow as pa

    unpacked: IO[bytes] = pa.BufferReader(pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd").read())
    return unpacked


def _only_data_file(archive: zipfile.ZipFile, is_data: Callable[[Path], bool]) -> str:
    names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    if "xl/workbook.xml" in names:
        msg = "it is an Excel workbook. Rename it, so that its name ends with .xlsx."
        raise DataError(msg)
    data = [name for name in names if is_data(Path(PurePosixPath(name).name))]
    if len(data) == 1:
        return data[0]
    what = (
        f"several data files: {', '.join(data[:8])}" if data else f"no data file. It contains: {', '.join(names[:8])}"
    )
    msg = f'the archive has {what}.\n    Unpack it, and name one file: train = "{(data or ["train.csv"])[0]}"'
    raise DataError(msg)


def _opened_member(archive: zipfile.ZipFile, member: str) -> IO[bytes]:
    try:
        return archive.open(member)
    except RuntimeError as problem:  # a password
        msg = f"{member} in the archive is encrypted. Unpack it first."
        raise DataError(msg) from problem
