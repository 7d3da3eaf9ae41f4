"""Data sets from the Hugging Face hub, or from its cache where the hub cannot be reached."""

from __future__ import annotations

import re
import socket
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nbtrain.data.quiet import quiet
from nbtrain.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datasets import DatasetDict

COLLECTIONS = {
    "glue": "nyu-mll/glue",
    "super_glue": "aps/super_glue",
    "tweet_eval": "cardiffnlp/tweet_eval",
    "xnli": "facebook/xnli",
    "paws": "google-research-datasets/paws",
}
"""Collections that everybody calls by one word, and where the hub has them now: "glue/mrpc" is no user's repository."""

OFFLINE_HELP = (
    "Without a network these work: the path of a CSV, TSV, JSON, JSON Lines or Parquet file or of a folder with one "
    'file per split, `dataset = "$name"` for a DataFrame or Dataset of this notebook, `dataset = "demo"`, and every '
    "data set that was loaded from the hub before."
)


def load_from_hub(name: str) -> tuple[DatasetDict, list[str]]:
    """The splits of data set `name`, and what to say about them.

    Args:
        name: "repository", "repository:configuration" or "collection/configuration".

    Raises:
        DataError: There is no such data set or configuration, or the hub cannot be reached and the cache has none.
    """
    import datasets

    problems: list[Exception] = []
    with quiet(), hub_or_cache() as online:
        for repository, config in candidates(name):
            try:
                found = datasets.load_dataset(with_owner(repository) if online else repository, config)
                return found, [] if online else [f"The hub cannot be reached: {name} was taken from the cache."]
            except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as problem:
                problems.append(problem)
    raise DataError(_explain(name, problems, online)) from problems[0]


def candidates(name: str) -> list[tuple[str, str | None]]:
    """Repository and configuration that `name` may mean, the likeliest first."""
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
    """The full name of a repository that has one word only ("imdb"): the hub knows where it has gone, `datasets` 5
    does not ask.
    """
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
    """Inside it the hub's libraries use their cache only, if the hub cannot be reached; gives whether it can.

    Left to themselves they try again and again, for more than 20 seconds, before they say that there is no network.
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
    """Whether the hub (`HF_ENDPOINT`) takes a connection. Behind a proxy this is taken for granted."""
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
    """The message for `problems`, one per candidate: of the first that got past "there is none", if any did."""
    from datasets.exceptions import DatasetNotFoundError
    from huggingface_hub import constants

    head = f'dataset = "{name}": '
    for problem in problems:
        if not isinstance(problem, (ConnectionError, DatasetNotFoundError)):
            return head + _explain_found(name, str(problem.__cause__ or problem))
        if "gated" in str(problem):
            return f"{head}the data set is gated. Ask for access on its page, then run `hf auth login` in a terminal."
    here = "there is no such file or folder here, and "
    if online:
        return f"{head}{here}the hub has no such data set.\n    Check the name at {constants.ENDPOINT}/datasets."
    return f"{head}{here}the hub ({constants.ENDPOINT}) cannot be reached.\n    {OFFLINE_HELP}"


def _explain_found(name: str, reason: str) -> str:
    """The message for a data set that is there and cannot be loaded."""
    repository = candidates(name)[0][0]
    if configs := _configurations(reason):
        asked = candidates(name)[0][1]
        example = f'`dataset = "{repository}:{configs[0]}"`'
        listed = ", ".join(configs)
        if asked is None:
            return f"the data set has several configurations: {listed}.\n    Name one, for example {example}."
        fix = did_you_mean(asked, configs, otherwise=f"For example {example}.")
        return f"there is no configuration `{asked}`; there are {listed}.\n    {fix}"
    if "script" in reason:
        return (
            f"it needs a loading script, which `datasets` no longer runs. Look for a Parquet version of {repository}."
        )
    return f"the data set cannot be read: {reason.strip()}"


def _configurations(reason: str) -> list[str]:
    """The configurations that an error of `load_dataset` lists, if it lists any."""
    if not re.search("config", reason, re.IGNORECASE):
        return []
    if listed := re.search(r"\[(.*?)\]", reason, re.DOTALL):
        return re.findall(r"'([^']+)'", listed.group(1))
    listed = re.search("configurations in the cache: (.*)", reason)
    return listed.group(1).split(", ") if listed else []
