"""Delimiters besides those of CSV files: control characters, which no text has, and others, which texts may have."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from nbtrain.data.readings import CONTROLS, Quotes, enclosed, plain

# fmt: off
OTHERS = {
    "::": "double colon", ":": "colon", "^": "caret", "~": "tilde", "#": "number sign", "!": "exclamation mark",
    "@": "at sign", "&": "ampersand", "$": "dollar sign", "/": "slash", "\\": "backslash", "¦": "broken bar",
    "¬": "not sign", "§": "section sign", "¤": "currency sign", "þ": "thorn",
}
# fmt: on
MIN_LINES = 3
"""A header and two rows: in fewer lines, equal numbers of a character may be chance."""

_BLANKS = re.compile(r" +")
_QUOTED_NAMES = re.compile(r'"[^"]*"( "[^"]*")+')


@dataclass(frozen=True)
class OtherDelimiter:
    """A delimiter that separates the lines of a text.

    Args:
        name: What messages call it.
        arguments: Those of `pandas.read_csv`, or of `reader`.
        reader: The function of pandas that reads such a file.
        control: The character, if it is one that no text has.
    """

    name: str
    arguments: str
    reader: str = "read_csv"
    control: str = ""


def find(sample: str, end: str) -> OtherDelimiter | None:
    """The control character or other mark that all lines have equally often; None if there is none.

    Args:
        sample: The beginning of the text, in whole lines.
        end: What ends a line.
    """
    lines = [line for line in sample.split(end) if line.strip()]
    if len(lines) < 2:
        return None
    for mark, name in CONTROLS.items():
        if all(mark in line for line in lines):
            return OtherDelimiter(name, f"sep={mark!r}", control=mark)
    if len(lines) < MIN_LINES:
        return None
    for mark, name in OTHERS.items():
        if mark in lines[0] and _splits(sample, mark, end):
            is_simple = len(mark) == 1 and mark.isascii()
            return OtherDelimiter(name, f"sep={mark!r}" + ("" if is_simple else ", engine='python'"))
    return None


def find_blanks(sample: str, end: str) -> OtherDelimiter | None:
    """Columns that are aligned with blanks, or that blanks separate; None if there are none."""
    lines = [line.rstrip() for line in sample.split(end) if line.strip()]
    if lines and _QUOTED_NAMES.fullmatch(lines[0]):  # R's write.table
        return OtherDelimiter("blank", "sep=' '")
    if len(lines) < MIN_LINES or " " not in lines[0].strip():
        return None
    if fields := _aligned(lines):
        name = "width of the columns, which are filled with blanks"
        return OtherDelimiter(name, f"colspecs={fields}", "read_fwf")
    counts = {len(_BLANKS.split(line.strip())) for line in lines}
    return OtherDelimiter("blank", r"sep=r'\s+'") if len(counts) == 1 else None


def _splits(sample: str, mark: str, end: str) -> bool:
    """Whether all lines have as many fields, and the first one a name for each."""
    reading = plain(sample, mark, end)
    if reading.problem and '"' in sample and len(mark) == 1:
        reading = enclosed(sample, mark, end, Quotes.ENCLOSE, with_evidence=False)
    return not reading.problem and reading.is_even and all(name.strip() for name in reading.records[0])


def _aligned(lines: list[str]) -> list[tuple[int, int | None]]:
    """Where each column begins and ends, if a position between each two names of the header is blank in all lines, with
    cells on both sides of it; empty if not.
    """
    header, *rows = lines
    names = [match.span() for match in re.finditer(r"\S+", header)]
    cuts = [0]
    for (_, stop), (start, _) in itertools.pairwise(names):
        gap = "".join("x" if any(line[at : at + 1].strip() for line in rows) else " " for at in range(stop, start))
        runs = [match.span() for match in re.finditer(" +", gap)]
        if not runs:
            return []
        cuts.append(stop + max(runs, key=lambda run: (run[1] - run[0], run))[1])  # a text may have a blank there, too
    fields = list(zip(cuts, [*cuts[1:], None], strict=True))
    is_filled = all(sum(bool(row[start:stop].strip()) for row in rows) > len(rows) / 2 for start, stop in fields)
    return fields if is_filled and len(fields) > 1 else []
