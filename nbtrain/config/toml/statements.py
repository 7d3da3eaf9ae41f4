"""Where the statements of a TOML text stand, and which lines are none; a text with mistakes has statements, too."""

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
    """A key with its value, or the header of a table.

    Args:
        start: Its first line, counted from 0.
        end: The line after its last.
        path: The keys that lead to what it says; those of the table that it stands in come first.
        table: How many of them are those of that table.
        is_header: It begins a table.
    """

    start: int
    end: int
    path: tuple[str, ...]
    table: int = 0
    is_header: bool = False


def split_lines(text: str) -> list[str]:
    """The lines of `text` without their ends, as editors count them: other line separators of Unicode may stand in a
    string.
    """
    lines = re.split(r"\r\n|\n|\r", text)
    return lines if lines[-1] else lines[:-1]


def scan(lines: list[str]) -> tuple[list[Statement], list[Problem]]:
    """The statements in `lines`, and what is wrong with the lines that are none."""
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
    """Where the value stands in the text of a statement that has one."""
    match = _KEY.match(statement)
    assert match is not None, "a statement with a value"
    return match.end()


def _end(lines: list[str], start: int) -> tuple[int, Problem | None]:
    """The line after the statement, blank line or comment that begins at `start`; or after what is none, and why."""
    for end in range(start + 1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[start:end]) + "\n")
        except tomllib.TOMLDecodeError as error:
            if line_of(error) is None and end < len(lines):
                continue  # it goes on in the next line
            if line_of(error) is not None and end == start + 1:
                return end, syntax_problem(error, lines, start)
            after = next((at for at in range(start + 1, len(lines)) if _BEGINS.match(lines[at])), len(lines))
            no_end = line_of(error) is None or after < end
            return after, unclosed(lines, start) if no_end else syntax_problem(error, lines, start)
        return end, None
    raise AssertionError("there is a line at `start`")


def _path(text: str) -> tuple[str, ...]:
    return tuple(next(iter(tomllib.loads(f"{part} = 0"))) for part in re.findall(_PART, text))
