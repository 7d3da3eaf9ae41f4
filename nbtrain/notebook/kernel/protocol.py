"""The messages on the comm `nbtrain.v1` between kernel and page, as types.

`python -m scripts.protocol_types` writes them in TypeScript, into `labextension/src/kernel/protocol.ts`.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict, get_args, get_type_hints

from nbtrain.views.browser_types import Brief, RunChoice

COMM_TARGET = "nbtrain.v1"


class RunSummary(Brief):
    """One run of a kernel, as the runs panel shows it.

    `name` is the variable that holds it, or ""; `cell` the ID of the cell that runs it, or ""; `blocking` says whether
    it blocks its kernel, so that an interrupt stops it; `controls` whether it receives commands. `request` is the ID of
    the message that runs the cell, `page` the session of the page that sent it, and `printed` the number of characters
    that the cell has printed since then.
    """

    name: str
    cell: str
    request: str
    page: str
    printed: int
    blocking: bool
    controls: bool


class Edit(TypedDict):
    """The change to the text of a cell that a fix describes; see `nbtrain.errors.Edit`."""

    part: Literal["key", "value", "line", "word"]
    text: str
    old: str


class Problem(TypedDict):
    """A problem with the text of a cell, in the parser's words; `line` counts from 1, null is the whole text. `edit`
    is the fix as a change to the text, where it is one.
    """

    line: int | None
    key: str | None
    message: str
    fix: str | None
    edit: Edit | None


class HelloAnswer(TypedDict):
    """Sent after a hello: the kernel's process, and its runs."""

    type: Literal["hello"]
    version: int
    nbtrain: str
    session: str
    runs: list[RunSummary]


class RunUpdate(TypedDict):
    """The new state of a run."""

    type: Literal["run"]
    run: RunSummary


class Heard(TypedDict):
    """The response to a command."""

    type: Literal["heard"]
    id: int
    text: str
    error: bool


class SchemaAnswer(TypedDict):
    """The JSON schema of a cell."""

    type: Literal["schema"]
    id: int
    schema: dict[str, Any]


class ProblemsAnswer(TypedDict):
    """The problems of a cell."""

    type: Literal["problems"]
    id: int
    problems: list[Problem]


class Text(TypedDict):
    """What was printed to a stream, "stdout" or "stderr"."""

    name: str
    text: str


class PrintedAnswer(TypedDict):
    """What the cell of a run has printed; `end` is the number of all characters so far."""

    type: Literal["printed"]
    id: int
    texts: list[Text]
    end: int


class RecordAnswer(TypedDict):
    """The record of a run as a MIME bundle, null if there is none."""

    type: Literal["record"]
    id: int
    run: str
    bundle: dict[str, Any] | None


class RunsAnswer(TypedDict):
    """The runs that can be compared, newest first."""

    type: Literal["runs"]
    id: int
    runs: list[RunChoice]


class Failed(TypedDict):
    """Why a message could not be handled."""

    type: Literal["failed"]
    id: int
    text: str


class WriteCell(TypedDict):
    """Insert a cell below the one with ID `below`."""

    type: Literal["write"]
    text: str
    below: str


class FormText(TypedDict):
    """The new text of the cell of a form, from either side."""

    type: Literal["form_text"]
    form: str
    text: str


class FormRun(TypedDict):
    """Run the cell of a form."""

    type: Literal["form_run"]
    form: str


class HelloRequest(TypedDict):
    """A page is connected; it wants at most `rate` messages a second for each run."""

    type: Literal["hello"]
    rate: float


class CommandRequest(TypedDict):
    """A command to a run."""

    type: Literal["command"]
    id: int
    run: str
    command: str
    values: dict[str, Any]


class SchemaRequest(TypedDict):
    """Asks for the JSON schema of a cell."""

    type: Literal["schema"]
    id: int


class CheckRequest(TypedDict):
    """Asks for the problems of a cell."""

    type: Literal["check"]
    id: int
    text: str


class PrintedRequest(TypedDict):
    """Asks for what the cell of a run has printed after the first `start` characters."""

    type: Literal["printed"]
    id: int
    run: str
    start: int


class RecordRequest(TypedDict):
    """Asks for the record of a run."""

    type: Literal["record"]
    id: int
    run: str


class RunsRequest(TypedDict):
    """Asks for the runs that can be compared."""

    type: Literal["runs"]
    id: int


class FormClose(TypedDict):
    """The form of a cell was closed."""

    type: Literal["form_close"]
    form: str


FROM_KERNEL = (
    *(HelloAnswer, RunUpdate, Heard, SchemaAnswer, ProblemsAnswer, RecordAnswer, RunsAnswer, PrintedAnswer, Failed),
    *(WriteCell, FormText, FormRun),
)
TO_KERNEL = (
    *(HelloRequest, CommandRequest, SchemaRequest, CheckRequest, RecordRequest, RunsRequest, PrintedRequest),
    *(FormText, FormClose),
)


def message_type(message: type) -> str:
    """The value of `type` in a message."""
    return str(get_args(get_type_hints(message)["type"])[0])
