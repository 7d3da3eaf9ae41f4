"""Data sets from the Hugging Face Hub, or from the local cache if the Hub is not reachable."""

from __future__ import annotations

import re
import socket
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nbtrain.data.quiet import quiet
from nbtrain.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datasets import Dataset, DatasetDict

COLLECTIONS = {
    "glue": "nyu-mll/glue",
    "super_glue": "aps/super_glue",
    "tweet_eval": "cardiffnlp/tweet_eval",
    "xnli": "facebook/xnli",
    "paws": "google-research-datasets/paws",
}
"""Collections with one-word names, and their repositories on the Hub: in "glue/mrpc", "glue" is not a user."""

OFFLINE_HELP = (
    "Without a network you can use: the path of a CSV, TSV, JSON, JSON Lines or Parquet file or of a folder with one "
    'file per split, `dataset = "$name"` for a DataFrame or Dataset in this notebook, `dataset = "demo"`, and every '
    "data set that was loaded from the Hub before."
)


def load_from_hub(name: str) -> tuple[DatasetDict, list[str]]:
    """The splits of data set `name`, and notes for the user.

    Args:
        name: "repository", "repository:configuration" or "collection/configuration".

    Raises:
        DataError: Unknown data set or configuration, or the Hub is not reachable and the data set is not in the cache.
    """
    import datasets

    problems: list[Exception] = []
    with quiet(), hub_or_cache() as online:
        for repository, config in candidates(name):
            try:
                found = datasets.load_dataset(with_owner(repository) if online else repository, config)
                return found, [] if online else [f"The Hub is not reachable: {name} was loaded from the cache."]
            except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as problem:
                problems.append(problem)
    raise DataError(_explain(name, problems, online)) from problems[0]


def load_call(name: Any, rows: Dataset) -> str | None:
    """The call of `datasets` that loads the data set `name`, of which `rows` are; None if they are not from the Hub."""

    def folded(text: str) -> str:
        return re.sub(r"[^a-z0-9]", "", text.rpartition("/")[2].lower())

    found = candidates(name) if isinstance(name, str) and rows.info.dataset_name else []
    for repository in [repo for repo, _ in found if folded(repo) == folded(rows.info.dataset_name)]:
        with hub_or_cache() as online:
            full = with_owner(repository) if online else repository
        return f'datasets.load_dataset("{full}", "{rows.info.config_name}")'
    return None


def candidates(name: str) -> list[tuple[str, str | None]]:
    """The (repository, configuration) pairs that `name` may mean, the most likely first."""
    repository, colon, config = name.partition(":")
    if colon:
        return [(COLLECTIONS.get(repository, repository), config)]
    first, slash, second = name.partition("/")
    if not slash:
        return [(COLLECTIONS.get(name, name), None)]
    if first in COLLECTIONS:
        return [(COLLECTIONS[first], second)]
    return [(name, None), (first, second)]


def with_owner(repository: str) -> str:
    """The full ID of a repository with a one-word name ("imdb"): the Hub redirects it, `datasets` 5 does not."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    if "/" in repository:
        return repository
    try:
        return str(HfApi().dataset_info(repository).id)
    except (HfHubHTTPError, ValueError):
        return repository


@contextmanager
def hub_or_cache() -> Iterator[bool]:
    """Context manager: if the Hub is not reachable, its client libraries use only their cache. Yields reachability.

    Without it they retry for more than 20 seconds before they report that there is no network.
    """
    import datasets
    from huggingface_hub import constants

    online = hub_is_reachable()
    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    if not online:
        constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield online
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


def hub_is_reachable(seconds: float = 5.0) -> bool:
    """Whether the Hub (`HF_ENDPOINT`) accepts a connection. Assumed behind a proxy."""
    from huggingface_hub import constants

    if constants.is_offline_mode():
        return False
    address = urlsplit(constants.ENDPOINT)
    if address.scheme in urllib.request.getproxies():
        return True
    try:
        port = address.port or (80 if address.scheme == "http" else 443)
        socket.create_connection((address.hostname or "", port), timeout=seconds).close()
    except OSError:
        return False
    return True


def _explain(name: str, problems: list[Exception], online: bool) -> str:
    """The message for `problems`, one per candidate: prefer one other than "not found"."""
    from datasets.exceptions import DatasetNotFoundError
    from huggingface_hub import constants

    head = f'dataset = "{name}": '
    for problem in problems:
        if not isinstance(problem, (ConnectionError, DatasetNotFoundError)):
            return head + _explain_found(name, str(problem.__cause__ or problem))
        if "gated" in str(problem):
            return f"{head}gated data set. Request access on its page, then run `hf auth login` in a terminal."
    here = "no such local file or folder, and "
    if online:
        page = f"{constants.ENDPOINT}/datasets"
        return f"{head}{here}no such data set on the Hub (or it is private).\n    Check the name at {page}."
    return f"{head}{here}the Hub ({constants.ENDPOINT}) is not reachable.\n    {OFFLINE_HELP}"


def _explain_found(name: str, reason: str) -> str:
    """The message for a data set that exists and cannot be loaded."""
    repository = candidates(name)[0][0]
    if configs := _configurations(reason):
        asked = candidates(name)[0][1]
        example = f'`dataset = "{repository}:{configs[0]}"`'
        listed = ", ".join(configs)
        if asked is None:
            return f"this data set has several configurations: {listed}.\n    Choose one, for example {example}."
        fix = did_you_mean(asked, configs, otherwise=f"Use one of them, for example {example}.")
        return f"unknown configuration `{asked}`. Available: {listed}.\n    {fix}"
    if "script" in reason:
        return f"`datasets` no longer supports its loading script. Look for a Parquet version of {repository}."
    return f"this data set cannot be loaded: {reason.strip()}"


def _configurations(reason: str) -> list[str]:
    """The configurations that an error message of `load_dataset` lists, if any."""
    if not re.search("config", reason, re.IGNORECASE):
        return []
    if listed := re.search(r"\[(.*?)\]", reason, re.DOTALL):
        return re.findall(r"'([^']+)'", listed.group(1))
    listed = re.search("configurations in the cache: (.*)", reason)
    return listed.group(1).split(", ") if listed else []
