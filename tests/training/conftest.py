"""The tiny Trainer of the engine's tests, and a working directory for runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.conftest import make_trainer

__all__ = ["make_trainer"]


@pytest.fixture(autouse=True)
def working_directory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the test, in which runs without a folder of their own are kept."""
    folder = tmp_path_factory.mktemp("work")
    monkeypatch.chdir(folder)
    return folder
