"""The channel to the page, by the messages that come and go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import comm
import pytest
from IPython.core.interactiveshell import InteractiveShell

from nbtrain.notebook.kernel import channel as channels
from nbtrain.notebook.kernel.channel import SENT_TYPES, Channel
from nbtrain.notebook.kernel.protocol import FROM_KERNEL, TO_KERNEL, message_type
from scripts import protocol_types
from tests.notebook.kernel.conftest import Begin, Kernel, Page, comm_ids

CHECK = """%%finetune --out run
model = "demo"
learning_rat = 1e-5
"""


def test_both_ends_know_the_same_messages(channel: Channel) -> None:
    assert channel.received_types == set(map(message_type, TO_KERNEL))
    assert set(map(message_type, FROM_KERNEL)) == SENT_TYPES


def test_the_page_has_the_types_of_the_kernel() -> None:
    """`python -m scripts.protocol_types` writes them."""
    assert protocol_types.FILE.read_text(encoding="utf-8") == protocol_types.source()


def test_loading_opens_it_and_unloading_closes_it(shell: InteractiveShell, page: Page) -> None:
    shell.run_cell("%reload_ext nbtrain")
    [first] = comm_ids()
    shell.run_cell("%load_ext nbtrain")
    assert comm_ids() == [first]
    assert channels.connect(shell) is channels.channel()
    page.hello()
    shell.run_cell("%reload_ext nbtrain")
    [second] = comm_ids()
    assert second != first
    assert [kind for kind, _, id in page.published if id == first] == ["comm_open", "comm_msg", "comm_close"]
    assert page.hello()["session"] == channels.SESSION
    shell.run_cell("%unload_ext nbtrain")
    assert comm_ids() == []
    assert channels.channel() is None


def test_a_kernel_without_comms_and_a_terminal_have_none(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert channels.connect(shell) is None

    def refuse(**_: Any) -> None:
        raise RuntimeError("Comms cannot be opened without a comm_manager.")

    monkeypatch.setattr(comm, "create_comm", refuse)
    shell.kernel = Kernel()
    assert channels.connect(shell) is None


def test_hello(channel: Channel, page: Page) -> None:
    import nbtrain

    assert not channel.attended
    assert page.hello() == {
        "type": "hello", "version": 1, "nbtrain": nbtrain.__version__, "session": channels.SESSION, "runs": [],
    }  # fmt: skip
    assert channel.attended
    for asked, rate in [(0.1, 1), (3, 3), (50, 10), (-1, 1)]:
        page.hello(asked)
        assert channel.rate == rate


@pytest.mark.parametrize(
    "data",
    [
        *(None, 7, [], {}, {"type": None}, {"type": ["hello"]}, {"type": "run"}, {"type": "hello"}),
        *({"type": "hello", "rate": "fast"}, {"type": "hello", "rate": True}, {"type": "check", "id": 5}),
        *({"type": "check", "id": "five", "text": ""}, {"type": "command", "id": 5, "run": "a", "command": "stop"}),
        *({"type": "record", "id": 5, "run": {}}, {"type": "form_text", "form": "f", "text": ""}),
    ],
    ids=str,
)
def test_what_cannot_be_understood_is_told_to_the_page(channel: Channel, page: Page, data: Any) -> None:
    [answer] = page.send(data)
    assert answer["type"] == "failed"
    assert answer["id"] == (5 if isinstance(data, dict) and data.get("id") == 5 else -1)
    assert answer["text"].endswith(".") and len(answer["text"]) < 700


def test_check_counts_lines_in_the_cell(channel: Channel, page: Page) -> None:
    [answer] = page.send({"type": "check", "id": 1, "text": CHECK})
    problems = {problem["key"]: problem for problem in answer["problems"]}
    assert problems["learning_rat"] == {
        "line": 3,
        "key": "learning_rat",
        "message": "Unknown key `learning_rat`.",
        "fix": "Did you mean `learning_rate`?",
        "edit": {"part": "key", "text": "learning_rate", "old": ""},
    }


def test_the_runs_that_can_be_compared(
    channel: Channel, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [answer] = page.send({"type": "runs", "id": 4})
    assert (answer["type"], answer["id"], answer["runs"]) == ("runs", 4, [])


def test_schema(channel: Channel, page: Page) -> None:
    [answer] = page.send({"type": "schema", "id": 1})
    assert "learning_rate" in answer["schema"]["properties"]


def test_one_page_that_goes_leaves_the_comm_to_the_others(channel: Channel, page: Page, begin: Begin) -> None:
    before = comm_ids()
    page.hello(session="one")
    page.hello(session="two")
    page.send({}, "comm_close", session="one")
    assert comm_ids() == before
    assert channel.attended
    page.send({}, "comm_close", session="without the extension")
    assert channel.attended
    page.send({}, "comm_close", session="two")
    assert not channel.attended
    assert page.hello(session="three")["type"] == "hello"
    assert [kind for kind, _, _ in page.published].count("comm_open") == 1


def test_forms_hear_what_is_for_them(channel: Channel, page: Page) -> None:
    heard: list[dict[str, Any]] = []
    end = channel.on("form_text", heard.append)
    text = {"type": "form_text", "form": "f", "text": "%%finetune"}
    assert page.send(text) == []
    assert heard == [text]
    end()
    end()
    assert page.send(text)[0]["type"] == "failed"
    assert heard == [text]
    channel.on("form_close", lambda message: heard[0]["no such key"])
    [answer] = page.send({"type": "form_close", "form": "f"})
    assert answer["text"].startswith("KeyError: ")
    with pytest.raises(ValueError, match="`check`"):
        channel.on("check", heard.append)
    with pytest.raises(ValueError, match="`form_close`"):
        channel.send({"type": "form_close", "form": "f"})
    channel.send({"type": "write", "text": "%%finetune", "below": "cell-1"})
    assert page.seen[-1]["below"] == "cell-1"
