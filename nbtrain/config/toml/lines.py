"""The lines of a text with their ends: taking some away, putting others in, and leaving the rest byte for byte."""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_END = re.compile(r"(?:\r\n|\n|\r)\Z")


def raw_lines(text: str) -> list[str]:
    """The lines of `text`, each with its end; the last may have none."""
    return _LINE.findall(text)


def without_end(line: str) -> str:
    """A line without its end."""
    return _END.sub("", line)


def rewritten(text: str, replaced: dict[int, str | None], added: list[tuple[int, str]]) -> str:
    """`text` with other lines.

    Args:
        text: The text. Its way to end a line is used for new ones, and if its last line has no end, the new last line
            has none.
        replaced: For lines, counted from 0: what comes in place of each, with its end; None takes the line away.
        added: Lines to put in, without ends, each before the line whose number is given.
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
