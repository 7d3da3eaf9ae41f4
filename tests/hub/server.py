"""The part of the hub's HTTP interface that loading a model or a data set needs, on 127.0.0.1.

No authentication, no uploads, one revision ("main") per repository, files served as they are (no LFS, no Xet).
Whatever is not known is a 404, with the hub's own error codes, from which its client makes its exceptions.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub.repository import File, Repository

RENAMED = {
    ("models", "bert-base-cased"): "google-bert/bert-base-cased",
    ("models", "bert-base-uncased"): "google-bert/bert-base-uncased",
    ("models", "distilbert-base-uncased"): "distilbert/distilbert-base-uncased",
    ("datasets", "glue"): "nyu-mll/glue",
    ("datasets", "imdb"): "stanfordnlp/imdb",
    ("datasets", "ag_news"): "fancyzhx/ag_news",
    ("datasets", "dbpedia_14"): "fancyzhx/dbpedia_14",
    ("datasets", "yelp_review_full"): "Yelp/yelp_review_full",
    ("datasets", "emotion"): "dair-ai/emotion",
    ("datasets", "tweet_eval"): "cardiffnlp/tweet_eval",
    ("datasets", "snli"): "stanfordnlp/snli",
    ("datasets", "multi_nli"): "nyu-mll/multi_nli",
    ("datasets", "anli"): "facebook/anli",
    ("datasets", "xnli"): "facebook/xnli",
    ("datasets", "paws"): "google-research-datasets/paws",
    ("datasets", "rotten_tomatoes"): "cornell-movie-review-data/rotten_tomatoes",
    ("datasets", "trec"): "CogComp/trec",
    ("datasets", "banking77"): "PolyAI/banking77",
    ("datasets", "go_emotions"): "google-research-datasets/go_emotions",
    ("datasets", "sms_spam"): "ucirvine/sms_spam",
    ("datasets", "financial_phrasebank"): "takala/financial_phrasebank",
    ("datasets", "conll2003"): "eriktks/conll2003",
    ("datasets", "wnut_17"): "leondz/wnut_17",
    ("datasets", "squad"): "rajpurkar/squad",
    ("datasets", "xsum"): "EdinburghNLP/xsum",
    ("datasets", "samsum"): "Samsung/samsum",
}
"""Old names without a namespace, which the Hub redirects to the current repository."""

# An id is "name" or "namespace/name": the second part is lazy, so that "glue/revision/main" is not read as one.
ID = r"(?P<id>[^/]+(?:/[^/]+)??)"
AT = r"(?P<rev>[^/]+)(?P<path>/.*)?"
API = re.compile(rf"/api/(?P<kind>models|datasets)/{ID}(?:/(?P<verb>revision|tree|paths-info)/{AT})?")
RESOLVE = re.compile(rf"/(?:(?P<kind>datasets)/)?{ID}/(?P<verb>resolve)/{AT}")


class Hub:
    """The server: `with Hub() as hub: hub.add_model("acme/minilm", folder); subprocess.run(..., env=...)`.

    The client reads its endpoint when it is imported, so it has to run in a new process, with `hub.env(...)`.
    """

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.requests: list[tuple[str, str]] = []
        """(method, path) of every request so far, the path as it was sent and without its query."""
        handler = type("BoundHandler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Hub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add_model(self, repo_id: str, folder: str | Path) -> None:
        """Serve every file below `folder` as the model `repo_id`."""
        root = Path(folder)
        files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
        self.repositories["models", repo_id] = Repository(repo_id, files)

    def add_dataset(self, repo_id: str, files: Mapping[str, bytes | Path]) -> None:
        """Serve `files` (path in the repository -> content, or the file that holds it) as the data set `repo_id`."""
        self.repositories["datasets", repo_id] = Repository(repo_id, files)

    def env(self, cache_dir: str | Path) -> dict[str, str]:
        """Variables to add to a subprocess's environment: this endpoint, and all caches below `cache_dir`."""
        cache = Path(cache_dir).resolve()
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(cache),
            "HF_HUB_CACHE": str(cache / "hub"),
            "HF_DATASETS_CACHE": str(cache / "datasets"),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_DISABLE_XET": "1",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }


class _Handler(BaseHTTPRequestHandler):
    hub: ClassVar[Hub]
    protocol_version = "HTTP/1.1"  # the client keeps its connection
    disable_nagle_algorithm = True  # else each answer's body waits 40 ms for the headers to be acknowledged

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean: `Hub.requests` has them."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        self.hub.requests.append((self.command, url.path))
        match = API.fullmatch(url.path) or RESOLVE.fullmatch(url.path)
        if match is None:
            return self._send_error("", f"Nothing at {url.path}")
        kind, repo_id = match["kind"] or "models", match["id"]
        if renamed := RENAMED.get((kind, repo_id)):
            return self._send(307, {"Location": self.path.replace(f"/{repo_id}", f"/{renamed}", 1)})
        repo = self.hub.repositories.get((kind, repo_id))
        if repo is None:
            return self._send_error("RepoNotFound", "Repository not found")
        if unquote(match["rev"] or "main") not in ("main", repo.sha):
            return self._send_error("RevisionNotFound", f"Invalid rev id: {match['rev']}", repo)
        path = unquote(match["path"] or "").strip("/")
        return self._answer_from(repo, match["verb"], path, parse_qs(url.query), parse_qs(body.decode()))

    def _answer_from(
        self, repo: Repository, verb: str | None, path: str, query: dict[str, list[str]], form: dict[str, list[str]]
    ) -> None:
        match verb:
            case "resolve":
                self._send_file(repo, path)
            case "tree" if path and path not in repo.entries:
                self._send_error("EntryNotFound", f"{path} does not exist", repo)
            case "tree":
                self._send_json(repo.tree(path, recursive=query.get("recursive") == ["true"]))
            case "paths-info":
                self._send_json([repo.entries[path] for path in form.get("paths", []) if path in repo.entries])
            case _:
                self._send_json(repo.info())

    def _send_file(self, repo: Repository, path: str) -> None:
        file = repo.files.get(path)
        if file is None:
            return self._send_error("EntryNotFound", "Entry not found", repo)
        headers = {"ETag": f'"{file.oid}"', "X-Repo-Commit": repo.sha, "Accept-Ranges": "bytes"}
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if part is None:
            return self._send(200, headers, file, 0, file.size)
        start, stop = int(part[1]), min(int(part[2] or file.size) + 1, file.size)
        if start >= file.size:
            return self._send(416, {"Content-Range": f"bytes */{file.size}"})
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
        return self._send(206, headers, file, start, stop)

    def _send_json(self, answer: object) -> None:
        content = File.of(json.dumps(answer).encode())
        self._send(200, {"Content-Type": "application/json"}, content, 0, content.size)

    def _send_error(self, code: str, message: str, repo: Repository | None = None) -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message} if code else {}
        if repo is not None:
            headers["X-Repo-Commit"] = repo.sha  # with it the client remembers that the file does not exist
        self._send(404, headers)

    def _send(
        self, status: int, headers: dict[str, str], file: File | None = None, start: int = 0, stop: int = 0
    ) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(stop - start)}).items():
            self.send_header(name, value)
        self.end_headers()
        if file is not None and self.command != "HEAD":
            self.wfile.write(file.read(start, stop))
