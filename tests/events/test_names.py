from __future__ import annotations

import re
from pathlib import Path

from nbtrain.events import Created, names
from nbtrain.events.state import RunState


def test_a_run_id_always_has_the_same_two_words() -> None:
    words = [names.two_words(f"20260101-1200{number:02}-ab{number:02}") for number in range(60)]
    assert all(re.fullmatch(r"[a-z]+-[a-z]+", each) for each in words)
    assert len(set(words)) >= 58
    assert names.two_words("20260101-120000-ab00") == words[0]


def test_a_name_is_kept_in_the_run_directory(tmp_path: Path) -> None:
    assert names.read(tmp_path) == ""
    names.write(tmp_path, names.tidy("  slow\n and steady "))
    assert names.read(tmp_path) == "slow and steady"
    assert len(names.tidy("a" * 500)) == names.MAX_LENGTH


def test_the_title_is_the_name_else_the_two_words() -> None:
    state = RunState.fold([Created(run="a", config="", directory="a")])
    assert state.title == state.alias == names.two_words("a")
    state.apply(Created(run="a", config="", directory="a", name="first", notebook="b.ipynb"))
    assert (state.title, state.notebook) == ("first", "b.ipynb")
