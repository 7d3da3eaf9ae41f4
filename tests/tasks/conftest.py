"""The shell in which a form is shown, and a working directory for runs."""

from __future__ import annotations

import pytest

from tests.notebook.conftest import shell

__all__ = ["shell"]


@pytest.fixture(autouse=True)
def _working_directory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without a folder of their own, such as those of a watched Trainer, are kept in the working directory."""
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))
