"""What the kernel's end of the form's frame does."""

from __future__ import annotations

import comm
import pytest

from nbtrain.notebook.form.frame import Frame
from tests.notebook.wire import Wire


def test_a_question_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", Wire)
    frame = Frame()
    sent = []
    monkeypatch.setattr(frame, "send", sent.append)
    frame._handle_custom_msg({"asked": 3}, [])
    assert sent == [{"asked": 3}]
