"""TOML with line numbers: the values of a cell's body, the line of each key, and every syntax error rather than the
first.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from nbtrain.errors import Problem

MOST_SYNTAX_ERRORS = 20
_PLACE = re.compile(
    r"^(?P<message>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL
)
_YAML = re.compile(r"^\s*(?P<key>[A-Za-z_]\w*)\s*:\s*(?P<value>.+)$")
_BARE = re.compile(r"^\s*(?P<key>[A-Za-z_]\w*)\s*=\s*(?P<value>[^\s\"'\[{#][^#]*?)\s*(#.*)?$")


@dataclass
class Document:
    """What a text says.

    Attributes:
        values: The value of each key.
        lines: The line of each key, counted from 1 at the beginning of the text.
        problems: Syntax errors; their lines are left out of `values`.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(text: str) -> Document:
    """Read `text`; never raises, whatever it is."""
    lines = text.splitlines()
    document = Document()
    while len(document.problems) < MOST_SYNTAX_ERRORS:
        try:
            document.values = tomllib.loads("\n".join(lines) + "\n")
            break
        except tomllib.TOMLDecodeError as error:
            line, problem = _problem(error, lines)
            document.problems.append(problem)
            if not lines[line - 1 : line] or not lines[line - 1].strip():
                break  # not a mistake within one line: what else is there cannot be told
            lines[line - 1] = ""
    document.lines = _key_lines(lines) if document.values else {}
    return document


def _problem(error: tomllib.TOMLDecodeError, lines: list[str]) -> tuple[int, Problem]:
    """The line of a syntax error (counted from 1), and the error for people."""
    place = _PLACE.match(str(error))
    if place is None or place["line"] is None:
        line = len(lines)
        return line, Problem(
            f"the text ends too early: {place['message'] if place else error}.",
            line=line or None,
            fix=_fix(lines, line),
        )
    line, column = int(place["line"]), int(place["column"])
    if line > 1 and column <= 1 and line <= len(lines) and "\n" in place["message"]:
        line -= 1
    message = place["message"][0].lower() + place["message"][1:]
    return line, Problem(f"this is no TOML: {message} (column {column}).", line=line, fix=_fix(lines, line))


def _fix(lines: list[str], line: int) -> str | None:
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    if (yaml := _YAML.match(text)) is not None:
        return f"Write `{yaml['key']} = {_quoted(yaml['value'].strip())}`: TOML has `=`, and texts in quotes."
    if (bare := _BARE.match(text)) is not None:
        return f"Write `{bare['key']} = {_quoted(bare['value'])}`."
    if text.count('"') % 2:
        return "A quotation mark is missing."
    return None


def _quoted(value: str) -> str:
    """`value`, written as somebody used to Python or YAML would, in TOML."""
    lowered = value.lower()
    if lowered in ("true", "false"):
        return lowered
    if lowered in ("none", "null", "~"):
        return '"none"'
    try:
        float(value)
        return value
    except ValueError:
        return value if value[0] in "\"'[{" else f'"{value}"'


def _key_lines(lines: list[str]) -> dict[str, int]:
    """The line of each top-level key. A beginning of the text that ends within a statement is no TOML, so statements
    show where they end.
    """
    found: dict[str, int] = {}
    start = 0
    for end in range(1, len(lines) + 1):
        try:
            keys = tomllib.loads("\n".join(lines[:end]) + "\n").keys() - found.keys()
        except tomllib.TOMLDecodeError:
            continue
        statement = (
            number
            for number in range(start, end)
            if lines[number].strip() and not lines[number].lstrip().startswith("#")
        )
        found.update(dict.fromkeys(keys, next(statement, end - 1) + 1))
        start = end
    return found
