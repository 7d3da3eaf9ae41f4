"""The tiny Trainer of the engine's tests."""

from __future__ import annotations

from tests.engine.conftest import make_trainer

__all__ = ["make_trainer"]
