"""Replace, remove and insert lines of a text; all other bytes stay."""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_END = re.compile(r"(?:\r\n|\n|\r)\Z")


def raw_lines(text: str) -> list[str]:
    """The lines of `text` with their line endings; the last line may have none."""
    return _LINE.findall(text)


def without_end(line: str) -> str:
    """A line without its line ending."""
    return _END.sub("", line)


def rewritten(text: str, replaced: dict[int, str | None], added: list[tuple[int, str]]) -> str:
    """`text` with lines replaced, removed and inserted.

    Args:
        text: The text. New lines get its line ending, and the last line has one only if it had one before.
        replaced: Replacements by line index, with line endings; None removes the line.
        added: Lines to insert, without line endings, each with the index of the line before which it goes.
    """
    old = raw_lines(text)
    newline = next((match[0] for line in old if (match := _END.search(line))), "\n")
    new: list[str] = []
    for number in range(len(old) + 1):
        new += [line + newline for before, line in added if before == number]
        line = replaced.get(number, old[number]) if number < len(old) else None
        if line is not None:
            new.append(line)
    ended = [line if _END.search(line) else line + newline for line in new]
    has_end = not old or _END.search(old[-1]) is not None
    return "".join(ended) if has_end or not ended else "".join(ended[:-1]) + without_end(ended[-1])
