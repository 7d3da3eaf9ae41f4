"""Table of the options of `%%finetune` and `%finetune`, used by the magic, completion, check and page."""

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
        name: With its dashes: "--out".
        help: What it does, in a sentence or two.
        value: Placeholder of its value in the help; "" for a flag.
        kind: Type of its value.
        needs_value: Whether the value is required; a missing optional value is "".
        many: Whether there may be any number of values, as a list.
        body: Meaning of the cell's body with this option: a whole configuration, changes to one, or ignored.
    """

    name: str
    help: str
    value: str = ""
    kind: type = str
    needs_value: bool = True
    many: bool = False
    body: Body = "whole"

    @property
    def keywords(self) -> dict[str, Any]:
        """Keyword arguments for `ArgumentParser.add_argument`."""
        if not self.value:
            return {"action": "store_true", "help": self.help}
        optional = {"nargs": "*"} if self.many else {} if self.needs_value else {"nargs": "?", "const": ""}
        return {"metavar": self.value, "type": self.kind, "help": self.help, **optional}


OPTIONS = (
    Option(
        "--out",
        "Variable for the run, assigned before the first step. Without it, the run is the cell's result.",
        value="NAME",
    ),
    Option(
        "--background",
        "Return at once and train while you run other cells. `await run` or `run.wait()` waits for the end.",
    ),
    Option(
        "--resume",
        "Resume a run (variable, name, ID or directory) from its last checkpoint. The body has only keys that change.",
        value="RUN",
        body="changes",
    ),
    Option("--step", "With --resume: start from the checkpoint of this step.", value="N", kind=int),
    Option("--list", "List the runs of this notebook, including runs from earlier kernels.", body="unread"),
    Option("--all", "With --list or --clean: the runs of all notebooks in this folder.", body="unread"),
    Option(
        "--clean",
        "List the checkpoints of ended runs; with --yes, delete them. With names of runs: delete these runs.",
        value="RUN",
        many=True,
        body="unread",
    ),
    Option("--yes", "With --clean: delete the checkpoints that it lists.", body="unread"),
    Option(
        "--show",
        "Show a run (variable, name, ID or directory) with its whole history; by default the newest.",
        value="RUN",
        needs_value=False,
        body="unread",
    ),
    Option("--dry-run", "Validate the configuration and show what would run, without training."),
    Option("--quiet", "Show no output in the cell; JupyterLab's runs panel still shows the run."),
    Option("--form", "Show a form to fill in. In the first line of a cell: a form with the values of that cell."),
    Option("--write", "Insert the newest form as a cell below.", body="unread"),
    Option(
        "--template",
        "Insert a starter cell below, optionally for a task.",
        value="TASK",
        needs_value=False,
        body="unread",
    ),
    Option(
        "--help",
        'Show this help; with a key, its help; with "all", that of every key.',
        value="KEY",
        needs_value=False,
        body="unread",
    ),
)
"""In the order in which the help lists them."""

NAMES = tuple(option.name for option in OPTIONS)


@functools.cache
def parser() -> Any:
    """The parser of the magic line, a `MagicArgumentParser`.

    Its `parse_argstring` raises IPython's `UsageError` for an unknown option or an invalid value, and `ValueError` for
    an unclosed quotation mark.
    """
    from IPython.core.magic_arguments import MagicArgumentParser

    parser = MagicArgumentParser("finetune")
    for option in OPTIONS:
        parser.add_argument(option.name, **option.keywords)
    return parser


def help_text() -> str:
    """The options, a line each."""
    shown = [f"{option.name} {option.value}".strip() for option in OPTIONS]
    width = max(map(len, shown))
    return "\n".join(
        f"  {name:<{width}}  {option.help.partition('. ')[0].rstrip('.')}"
        for name, option in zip(shown, OPTIONS, strict=True)
    )


def body_of(line: str) -> Body:
    """Meaning of the cell's body with the options in `line`, which may contain errors."""
    words = re.split(r"[\s=]", line)
    given = {option.body for option in OPTIONS if option.name in words}
    return "unread" if "unread" in given else "changes" if "changes" in given else "whole"
