"""A cell, split into its magic line and the body below it."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, replace

DEFAULT_OUT = "run"
"""Default name of the variable for the run."""

_MAGIC = re.compile(r"\s*%%finetune(?=\s|\Z)")
_HEAD = re.compile(r"(?:[ \t]*\n)*[ \t]*%%[^\n]*(?:\n|\Z)")
_OUT = re.compile(r"""(?<!\S)--out(?:[ \t]+|=)("[^"\n]*"|'[^'\n]*'|[^\s-]\S*)""")
_FORM_OPTION = re.compile(r"[ \t]+--form(?!\S)")


@dataclass(frozen=True)
class Cell:
    """The text of a cell.

    Args:
        head: The magic line with its line break, and blank lines before it; "" without a magic line.
        body: Everything below it.
    """

    head: str
    body: str

    @classmethod
    def of(cls, text: str) -> Cell:
        """Split `text`, a whole cell or only a body. `--form` is dropped, since the form must not write it back."""
        match = _HEAD.match(text)
        head = match[0] if match else ""
        return cls(_FORM_OPTION.sub("", head), text[len(head) :])

    @property
    def text(self) -> str:
        """The whole cell."""
        gap = "\n" if self.head and self.body and not self.head.endswith("\n") else ""
        return self.head + gap + self.body

    @property
    def first_line(self) -> int:
        """Line number of the body's first line in the cell."""
        return self.head.count("\n") + 1

    @property
    def out(self) -> str:
        """Name of the variable for the run; "" if it is not given."""
        match = _OUT.search(self.head)
        return match[1].strip("\"'") if match else ""

    def named(self, name: str) -> Cell:
        """A copy with another name for the variable; "" removes the option."""
        line = self.head or "%%finetune\n"
        if _OUT.search(line):
            return replace(self, head=re.sub(r"[ \t]*" + _OUT.pattern, f" --out {name}" if name else "", line, count=1))
        if not name:
            return self
        return replace(self, head=re.sub(r"(%%\w+)", rf"\1 --out {name}", line, count=1))

    def option(self, name: str) -> str | None:
        """Value of an option of the magic line; None if it is not given."""
        match = re.search(rf"(?<!\S)--{name}(?:[ \t]+|=)(\S+)", self.head)
        return match[1].strip("\"'") if match else None


def magic_index(text: str) -> int | None:
    """Index of the line with `%%finetune`; None if this is not a fine-tune cell."""
    match = _MAGIC.match(text)
    return None if match is None else match[0].count("\n")


def is_name(name: str) -> bool:
    """Whether `name` is a valid variable name."""
    return name.isidentifier() and not keyword.iskeyword(name)


def name_problem(name: str) -> str | None:
    """What is wrong with `name` as a variable name; None if it is valid."""
    if is_name(name):
        return None
    hint = " It was not expanded, because there is no such variable." if name.startswith(("$", "{")) else ""
    return f"`--out` must be a variable name, got `{name}`.{hint}"
