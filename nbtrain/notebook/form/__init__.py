"""The form: a `%%finetune` cell with fields, in both directions. Plain ipywidgets, made when it is shown."""

from __future__ import annotations

from nbtrain.notebook.form.api import form, newest
from nbtrain.notebook.form.interactive import Form

__all__ = ["Form", "form", "newest"]
