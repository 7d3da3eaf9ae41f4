"""Lines that are no TOML, but in which it is plain what key they are about, and mostly what value was meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbtrain.config.toml.lenient import loose_value

_LINE = re.compile(r"^(?P<key>[ \t]*(?P<name>[A-Za-z_]\w*))(?P<gap>[ \t]*)(?P<sign>[:=])(?P<space>[ \t]*)(?P<rest>.*)$")
_QUOTED = r"""(?<!\w)"(?:[^"\\]|\\.)*"|(?<!\w)'[^']*'"""
_COMMENTS = {
    "=": re.compile(rf"{_QUOTED}|(?P<comment>[ \t]*#.*)"),
    ":": re.compile(rf"{_QUOTED}|(?P<comment>(?:^|[ \t]+)#.*)"),
}
_OPENINGS = ("[", "{", '"""', "'''")


@dataclass(frozen=True)
class BrokenLine:
    """A line `key: value` or `key = value` that is no TOML.

    Args:
        key: The key.
        value: What stands for the value, without the comment.
        is_yaml: It has `:` in place of `=`.
        start: What stands before the value, as TOML has it.
        comment: The comment with the blanks before it.
    """

    key: str
    value: str
    is_yaml: bool
    start: str
    comment: str

    @classmethod
    def of(cls, line: str) -> BrokenLine | None:
        """`line`, which is no TOML and has no end; None where no key is plain, or where the value may go on below."""
        match = _LINE.match(line)
        if match is None:
            return None
        rest, sign = match["rest"], match["sign"]
        found = next((one for one in _COMMENTS[sign].finditer(rest) if one["comment"]), None)
        value = rest if found is None else rest[: found.start()]
        comment = "" if found is None else found["comment"]
        if not value.strip() or (value.startswith(_OPENINGS) and loose_value(value) is None):
            return None
        start = match["key"] + (" = " if sign == ":" else match["gap"] + "=" + match["space"])
        blanks = value[len(value.rstrip()) :]
        return cls(match["name"], value.strip(), sign == ":", start, blanks + comment)

    @property
    def meant(self) -> str | None:
        """The line as it was meant; None where the value is not plain."""
        value = loose_value(self.value)
        return None if value is None else self.with_value(value)

    def with_value(self, value: str) -> str:
        """The line with a value, written as TOML has it; with its comment."""
        return f"{self.start}{value}{self.comment}"
