"""The options of `%%finetune` and `%finetune`, as a table: the magic, completion, check and page all read it."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any, Literal

Body = Literal["whole", "changes", "unread"]


@dataclass(frozen=True)
class Option:
    """One option.

    Args:
        name: As it is written: "--out".
        help: What it does, in a sentence or two.
        value: Name of its value in the help; "" where it takes none.
        kind: Type of its value.
        needs_value: Whether the value has to be given; otherwise it is "" where it is missing.
        body: What the cell's body is with it: a whole configuration, what changes in one, or not read at all.
    """

    name: str
    help: str
    value: str = ""
    kind: type = str
    needs_value: bool = True
    body: Body = "whole"

    @property
    def keywords(self) -> dict[str, Any]:
        """What `ArgumentParser.add_argument` is given."""
        if not self.value:
            return {"action": "store_true", "help": self.help}
        optional = {} if self.needs_value else {"nargs": "?", "const": ""}
        return {"metavar": self.value, "type": self.kind, "help": self.help, **optional}


OPTIONS = (
    Option(
        "--out",
        "Variable for the run; it is there before the first step. Without it the run is the cell's result.",
        value="NAME",
    ),
    Option(
        "--background",
        "Return at once and train between the other cells; `await run` or `run.wait()` waits for the end.",
    ),
    Option(
        "--resume",
        "Go on with a run (variable, id or directory) from its last checkpoint; the body says what changes.",
        value="RUN",
        body="changes",
    ),
    Option("--step", "With --resume: go on from the checkpoint after this step.", value="N", kind=int),
    Option("--list", "List the runs of this notebook, those of dead kernels too.", body="unread"),
    Option(
        "--show",
        "Show a run (a variable, an id, or a directory) with its whole history; by default the newest.",
        value="RUN",
        needs_value=False,
        body="unread",
    ),
    Option("--dry-run", "Check everything and show what would run; train nothing."),
    Option("--quiet", "Show nothing in the cell; JupyterLab's runs panel has the run."),
    Option("--form", "Show a form to fill in; in the first line of a cell, one with the values of the cell."),
    Option("--write", "Put the text of the newest form below this cell.", body="unread"),
    Option(
        "--template",
        "Put a filled-in cell to start from below this one.",
        value="TASK",
        needs_value=False,
        body="unread",
    ),
    Option("--help", "Show this help, and every key that the body may have.", body="unread"),
)
"""In the order of the help."""

NAMES = tuple(option.name for option in OPTIONS)


@functools.cache
def parser() -> Any:
    """The parser of the magic's line, a `MagicArgumentParser`.

    Its `parse_argstring` raises IPython's `UsageError` for an unknown option or a wrong value, and `ValueError` for a
    quotation mark that is not closed.
    """
    return _parser()


def help_text(description: str | None) -> str:
    """The help of the magic, as IPython shows it: `description`, and every option."""
    return str(_parser(description).format_help())


def body_of(line: str) -> Body:
    """What the cell's body is with the options in `line`, which need not be without mistakes."""
    words = re.split(r"[\s=]", line)
    given = {option.body for option in OPTIONS if option.name in words}
    return "unread" if "unread" in given else "changes" if "changes" in given else "whole"


def _parser(description: str | None = None) -> Any:
    from IPython.core.magic_arguments import MagicArgumentParser

    made = MagicArgumentParser("finetune", description=description)
    for option in OPTIONS:
        made.add_argument(option.name, **option.keywords)
    return made
