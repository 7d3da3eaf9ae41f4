"""Split a TOML text, even an invalid one, into statements with positions."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

from nbtrain.config.toml.syntax import line_of, syntax_problem, unclosed
from nbtrain.errors import Problem

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_PATH = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_KEY = re.compile(rf"^\s*(?P<path>{_PATH})[ \t]*=")
_HEADER = re.compile(rf"^\s*\[\[?[ \t]*(?P<path>{_PATH})[ \t]*\]")
_BEGINS = re.compile(rf"^\s*(?:(?!\d){_PATH}[ \t]*=|\[\[?[ \t]*[A-Za-z_])")


@dataclass(frozen=True)
class Statement:
    """A key with its value, or a table header.

    Args:
        start: Index of its first line.
        end: Index of the line after its last.
        path: The full path of the key, beginning with that of its table.
        table: Length of the table's path.
        is_header: Whether it is a table header.
    """

    start: int
    end: int
    path: tuple[str, ...]
    table: int = 0
    is_header: bool = False


def split_lines(text: str) -> list[str]:
    """The lines of `text` without line endings. As in editors, other Unicode line separators do not end a line."""
    lines = re.split(r"\r\n|\n|\r", text)
    return lines if lines[-1] else lines[:-1]


def scan(lines: list[str]) -> tuple[list[Statement], list[Problem]]:
    """The statements in `lines`, and the problems of the invalid lines."""
    statements: list[Statement] = []
    problems: list[Problem] = []
    table: tuple[str, ...] = ()
    start = 0
    while start < len(lines):
        end, problem = _end(lines, start)
        if problem is not None:
            problems.append(problem)
        elif header := _HEADER.match(lines[start]):
            table = _path(header["path"])
            statements.append(Statement(start, end, table, is_header=True))
        elif key := _KEY.match(lines[start]):
            statements.append(Statement(start, end, table + _path(key["path"]), len(table)))
        start = end
    return statements, problems


def value_start(statement: str) -> int:
    """The offset of the value in the text of a statement that has one."""
    match = _KEY.match(statement)
    assert match is not None, "the statement has a value"
    return match.end()


def _end(lines: list[str], start: int) -> tuple[int, Problem | None]:
    """The line after the statement, blank line or comment at `start`, and the problem if it is invalid."""
    for end in range(start + 1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[start:end]) + "\n")
        except tomllib.TOMLDecodeError as error:
            if line_of(error) is None and end < len(lines):
                continue  # the value continues on the next line
            if line_of(error) is not None and end == start + 1:
                return end, syntax_problem(error, lines, start)
            after = next((at for at in range(start + 1, len(lines)) if _BEGINS.match(lines[at])), len(lines))
            no_end = line_of(error) is None or after < end
            return after, unclosed(lines, start) if no_end else syntax_problem(error, lines, start)
        return end, None
    raise AssertionError("no line at `start`")


def _path(text: str) -> tuple[str, ...]:
    return tuple(next(iter(tomllib.loads(f"{part} = 0"))) for part in re.findall(_PART, text))
