"""TOML with line numbers: the values of a cell's body, the line of each key, and every syntax error rather than the
first.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import Any

from nbtrain.config.toml.statements import Statement, scan, split_lines
from nbtrain.config.toml.syntax import line_of
from nbtrain.errors import Problem

MOST_SYNTAX_ERRORS = 20


@dataclass
class Document:
    """What a text says.

    Attributes:
        values: The value of each key.
        lines: The line of each key, counted from 1 at the beginning of the text.
        problems: Syntax errors, the first of them; their lines are left out of `values`.
        statements: What stands where.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


def read(text: str) -> Document:
    """Read `text`; never raises, whatever it is."""
    lines = split_lines(text)
    statements, problems = scan(lines)
    values, contradictions = _values(lines, statements)
    found: dict[str, int] = {}
    for statement in statements:
        found.setdefault(statement.path[0], statement.start + 1)
    problems = sorted([*problems, *contradictions], key=lambda problem: problem.line or 0)
    return Document(values, found, problems[:MOST_SYNTAX_ERRORS], statements)


def _values(lines: list[str], statements: list[Statement]) -> tuple[dict[str, Any], list[Problem]]:
    """What the statements say together. Those that contradict an earlier one are taken out of `statements`."""
    problems: list[Problem] = []
    while True:
        kept = [""] * len(lines)
        for statement in statements:
            kept[statement.start : statement.end] = lines[statement.start : statement.end]
        try:
            return tomllib.loads("\n".join(kept) + "\n"), problems
        except tomllib.TOMLDecodeError as error:
            line = line_of(error) or len(lines)
            wrong = [statement for statement in statements if statement.start < line][-1]
            problems.append(_second(wrong))
            del statements[_slice(statements, wrong)]


def _second(statement: Statement) -> Problem:
    """The problem with a statement whose key another statement has already set."""
    name = ".".join(statement.path)
    fix = "Keep one of the two."
    return Problem(f"Duplicate key `{name}`.", statement.path[0], statement.start + 1, fix)


def _slice(statements: list[Statement], wrong: Statement) -> slice:
    """Where `wrong` stands in `statements`; with the header of a table goes what stands below it."""
    start = statements.index(wrong)
    below = range(start + 1, len(statements)) if wrong.is_header else range(start + 1, start + 1)
    return slice(start, next((at for at in below if statements[at].is_header), below.stop))
