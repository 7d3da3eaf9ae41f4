"""Lines with invalid TOML whose key, and mostly also whose intended value, is clear."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbtrain.config.toml.lenient import lenient_value

_LINE = re.compile(r"^(?P<key>[ \t]*(?P<name>[A-Za-z_]\w*))(?P<gap>[ \t]*)(?P<sign>[:=])(?P<space>[ \t]*)(?P<rest>.*)$")
_QUOTED = r"""(?<!\w)"(?:[^"\\]|\\.)*"|(?<!\w)'[^']*'"""
_COMMENTS = {
    "=": re.compile(rf"{_QUOTED}|(?P<comment>[ \t]*#.*)"),
    ":": re.compile(rf"{_QUOTED}|(?P<comment>(?:^|[ \t]+)#.*)"),
}
_OPENINGS = ("[", "{", '"""', "'''")


@dataclass(frozen=True)
class BrokenLine:
    """A line `key: value` or `key = value` that is invalid TOML.

    Args:
        key: The key.
        value: The text of the value, without the comment.
        is_yaml: Whether it has `:` instead of `=`.
        start: The text before the value, in TOML.
        comment: The comment with the whitespace before it.
    """

    key: str
    value: str
    is_yaml: bool
    start: str
    comment: str

    @classmethod
    def of(cls, line: str) -> BrokenLine | None:
        """Parse an invalid line without its line ending; None if it has no clear key, or if it may be continued."""
        match = _LINE.match(line)
        if match is None:
            return None
        rest, sign = match["rest"], match["sign"]
        found = next((one for one in _COMMENTS[sign].finditer(rest) if one["comment"]), None)
        value = rest if found is None else rest[: found.start()]
        comment = "" if found is None else found["comment"]
        if not value.strip() or (value.startswith(_OPENINGS) and lenient_value(value) is None):
            return None
        start = match["key"] + (" = " if sign == ":" else match["gap"] + "=" + match["space"])
        blanks = value[len(value.rstrip()) :]
        return cls(match["name"], value.strip(), sign == ":", start, blanks + comment)

    @property
    def corrected(self) -> str | None:
        """The line with its intended value in TOML; None if that is ambiguous."""
        value = lenient_value(self.value)
        return None if value is None else self.with_value(value)

    def with_value(self, value: str) -> str:
        """The line with another value (in TOML) and the same comment."""
        return f"{self.start}{value}{self.comment}"
