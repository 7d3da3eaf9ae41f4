"""The demo: small data sets that ship with nbtrain, and the models to fine-tune without a network."""

from __future__ import annotations

from nbtrain.demo.data import data_files, splits
from nbtrain.demo.models import MODELS, language_model_path, model_path

__all__ = ["MODELS", "data_files", "language_model_path", "model_path", "splits"]
