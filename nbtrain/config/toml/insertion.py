"""Where to insert a new key: where a reader would look for it."""

from __future__ import annotations

from nbtrain.config.schema import schema
from nbtrain.config.toml.statements import Statement
from nbtrain.config.toml.writing import toml_key


def of_new_key(lines: list[str], statements: list[Statement], key: str) -> int:
    """The index of the line before which a new top-level key is inserted.

    nbtrain's own keys come first, in the order of the schema: model, data, columns. A key of `TrainingArguments` goes
    below the previous key of the schema if the text has that one, else to the end.
    """
    top = [statement for statement in statements if not statement.is_header and not statement.table]
    ends = {statement.path[0]: statement.end for statement in top}
    for before in _before(key):
        if before in ends:
            return ends[before]
    if key in schema() and schema()[key].own and top:
        return _above_comments(lines, top[0].start)
    first_header = next((statement.start for statement in statements if statement.is_header), None)
    end = len(lines) if first_header is None else _above_comments(lines, first_header)
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    return end


def in_table(parts: list[Statement], path: tuple[str, ...], value: str) -> tuple[int, str] | None:
    """Where to insert a new key of a table, and the line to insert.

    Args:
        parts: The statements about the table: headers or dotted keys.
        path: The path of the new key.
        value: Its value in TOML.

    Returns:
        The index of the line before which to insert, and the new line; None if no statement is about the table itself.
    """
    tables = [
        part.path for part in parts if part.is_header and part.path == path[: len(part.path)] and part.path != path
    ]
    table = max(tables, key=len, default=())
    within = [part for part in parts if (part.path == table if part.is_header else part.path[: part.table] == table)]
    name = ".".join(toml_key(key) for key in path[len(table) :])
    return (within[-1].end, f"{name} = {value}") if within else None


def _before(key: str) -> list[str]:
    """The keys below which `key` may be inserted, the best first."""
    names = list(schema())
    if key not in schema():
        return []
    earlier = names[: names.index(key)]
    if schema()[key].own:
        return earlier[::-1]
    return [name for name in earlier[-1:] if not schema()[name].own]


def _above_comments(lines: list[str], start: int) -> int:
    """The first line of the comments directly above line `start`, which belong to it."""
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start
