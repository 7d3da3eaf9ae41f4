"""A separate Jupyter server without the user's configuration, and the address of a notebook."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tests.browser.page import NotebookPage

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KERNEL", "App", "JupyterServer", "NotebookPage"]

App = Literal["lab", "notebook"]

KERNEL = "nbtrain-tests"
MODULES: dict[App, str] = {"lab": "jupyterlab", "notebook": "notebook"}
EXPOSE: dict[App, str] = {"lab": "LabApp", "notebook": "JupyterNotebookApp"}

# Otherwise a new user is asked whether to fetch news, over the page.
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


class JupyterServer:
    """One running JupyterLab or Notebook 7; its kernel, named `KERNEL`, is this interpreter.

    Args:
        app: which front end.
        root: an empty folder for all that the server reads and writes.
        notebooks: the folder that it serves; one inside ``root`` if not given.
        settings: front-end settings by plugin id, as in ``{"@jupyterlab/apputils-extension:themes": {...}}``.
        env: environment variables for the server and its kernels, over those of this process.
        timeout: seconds to wait until it answers.

    Raises:
        RuntimeError: if the server ends or does not answer in time; the message has the end of its log.
    """

    def __init__(
        self,
        app: App,
        root: Path,
        notebooks: Path | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> None:
        self.app: App = app
        self.root = root
        self.notebooks = notebooks or root / "notebooks"
        self.notebooks.mkdir(parents=True, exist_ok=True)
        self._write_kernelspec()
        self._write_settings({**QUIET, **(settings or {})})
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._process = self._start(env or {})
        try:
            self._wait_until_up(timeout)
        except BaseException:
            self.stop()
            raise

    def url(self, notebook: str) -> str:
        """Return the address at which ``notebook`` opens; in Lab, in a workspace that holds nothing else."""
        if self.app == "notebook":
            return f"{self.base}/notebooks/{notebook}"
        return f"{self.base}/lab/workspaces/{Path(notebook).stem}/tree/{notebook}?reset"

    def kernels(self) -> list[dict[str, Any]]:
        """Return the server's running kernels, as its REST interface describes them."""
        kernels: list[dict[str, Any]] = json.loads(self._request("GET", "/api/kernels"))
        return kernels

    def shutdown_kernels(self) -> None:
        """End every kernel of this server."""
        for kernel in self.kernels():
            self._request("DELETE", f"/api/kernels/{kernel['id']}")

    def interrupt_kernels(self) -> None:
        """Interrupt every kernel of this server."""
        for kernel in self.kernels():
            self._request("POST", f"/api/kernels/{kernel['id']}/interrupt")

    def stop(self) -> None:
        """End the kernels, then the server."""
        if self._process.poll() is None:
            try:
                self.shutdown_kernels()
            except OSError:
                pass  # a server that does not answer takes its kernels with it when it ends
            self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        options = [
            "--allow-root",
            "--no-browser",
            "--expose-app-in-browser",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.notebooks}",
            "--ServerApp.disable_check_xsrf=True",
            "--IdentityProvider.token=",
        ]
        with (self.root / "server.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", MODULES[self.app], *options],
                env={**clean_environment(self.root), **env},
                cwd=self.root,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _wait_until_up(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._request("GET", "/api/status")
            except OSError:
                time.sleep(0.2)
            else:
                return
        log = (self.root / "server.log").read_text(errors="replace")
        raise RuntimeError(f"Jupyter did not start within {timeout:g} s. The end of its log:\n{log[-3000:]}")

    def _request(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(self.base + path, method=method)
        with urllib.request.urlopen(request, timeout=20) as reply:
            body: bytes = reply.read()
        return body

    def _write_kernelspec(self) -> None:
        folder = self.root / "data" / "kernels" / KERNEL
        folder.mkdir(parents=True)
        spec = {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "Python (tests)",
            "language": "python",
            "metadata": {"debugger": False},
        }
        (folder / "kernel.json").write_text(json.dumps(spec))

    def _write_settings(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        for plugin, values in settings.items():
            package, name = plugin.split(":")
            path = self.root / "settings" / package / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))


def clean_environment(root: Path) -> dict[str, str]:
    """Return this process's environment with every Jupyter and IPython folder inside ``root``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return kept | {name: str(root / folder) for name, folder in folders.items()}


def free_port() -> int:
    """Return a free TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
