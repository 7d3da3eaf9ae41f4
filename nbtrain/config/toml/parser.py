"""Parse TOML with line numbers, and collect all syntax errors instead of stopping at the first."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import Any

from nbtrain.config.toml.statements import Statement, scan, split_lines
from nbtrain.config.toml.syntax import line_of
from nbtrain.errors import Problem

MAX_SYNTAX_ERRORS = 20


@dataclass
class Document:
    """A parsed text.

    Attributes:
        values: The value of each key.
        lines: The line of each key, counted from 1.
        problems: The first `MAX_SYNTAX_ERRORS` syntax errors; `values` has nothing from these lines.
        statements: The statements with their positions.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


def read(text: str) -> Document:
    """Parse any text; never raises."""
    lines = split_lines(text)
    statements, problems = scan(lines)
    values, contradictions = _values(lines, statements)
    found: dict[str, int] = {}
    for statement in statements:
        found.setdefault(statement.path[0], statement.start + 1)
    problems = sorted([*problems, *contradictions], key=lambda problem: problem.line or 0)
    return Document(values, found, problems[:MAX_SYNTAX_ERRORS], statements)


def _values(lines: list[str], statements: list[Statement]) -> tuple[dict[str, Any], list[Problem]]:
    """The combined values. Statements that contradict an earlier one are removed from `statements`."""
    problems: list[Problem] = []
    while True:
        remaining = [""] * len(lines)
        for statement in statements:
            remaining[statement.start : statement.end] = lines[statement.start : statement.end]
        try:
            return tomllib.loads("\n".join(remaining) + "\n"), problems
        except tomllib.TOMLDecodeError as error:
            line = line_of(error) or len(lines)
            wrong = [statement for statement in statements if statement.start < line][-1]
            problems.append(_duplicate(wrong))
            del statements[_slice(statements, wrong)]


def _duplicate(statement: Statement) -> Problem:
    """The problem of a statement whose key an earlier statement has set."""
    name = ".".join(statement.path)
    fix = "Keep one of the two."
    return Problem(f"Duplicate key `{name}`.", statement.path[0], statement.start + 1, fix)


def _slice(statements: list[Statement], wrong: Statement) -> slice:
    """The slice of `wrong` in `statements`; a table header includes the statements below it."""
    start = statements.index(wrong)
    below = range(start + 1, len(statements)) if wrong.is_header else range(start + 1, start + 1)
    return slice(start, next((at for at in below if statements[at].is_header), below.stop))
