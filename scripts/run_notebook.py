"""Execute a notebook, print the output of its cells as it comes, and write the executed copy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient


class PrintingClient(NotebookClient):
    """Executes a notebook and prints the output streams of its cells."""

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: str, cell_index: int) -> Any:
        """Called for each output of a cell."""
        if msg["msg_type"] == "stream":
            print(msg["content"]["text"], end="", flush=True)
        return super().output(outs, msg, display_id, cell_index)


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
