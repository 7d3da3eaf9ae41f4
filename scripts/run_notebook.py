"""Execute a notebook, print the output of its cells as it comes, and write the executed copy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient


class PrintingClient(NotebookClient):
    """Executes a notebook and prints the output streams of its cells, and each new line of a text that is updated."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shown: dict[str, str] = {}

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Called for each message of a cell."""
        content = msg["content"]
        if msg["msg_type"] == "stream":
            print(content["text"], end="", flush=True)
        elif display_id := content.get("transient", {}).get("display_id"):
            self._print_new_lines(display_id, content["data"].get("text/plain", ""))
        return super().process_message(msg, cell, cell_index)

    def _print_new_lines(self, display_id: str, text: str) -> None:
        before = self._shown.get(display_id, "")
        if text.startswith(before):  # else something else takes its place
            self._shown[display_id] = text
            print(text.removeprefix(before).removeprefix("\n"), end="\n" if text != before else "", flush=True)


def main(source: Path, target: Path) -> None:
    """Execute the notebook `source` in the folder of `target`, and write it to `target`."""
    notebook = nbformat.read(source, as_version=4)
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"Running {source} ...", flush=True)
    try:
        PrintingClient(
            notebook, kernel_name="python3", timeout=None, resources={"metadata": {"path": str(target.parent)}}
        ).execute()
    finally:
        nbformat.write(notebook, target)
        print(f"Wrote {target.absolute()}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
