"""What is imported is declared, and what is declared is imported and pinned."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.environments.__main__ import lowest, pinned

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

OPTIONAL = {
    "nbtrain/data/excel.py": {"openpyxl"},
    "nbtrain/tasks/entities.py": {"seqeval"},
    "nbtrain/tasks/metrics.py": {"evaluate"},
    "nbtrain/tasks/written_texts.py": {"rouge_score", "sacrebleu"},
    "nbtrain/training/adapters.py": {"peft"},
}
"""What may be missing, and the file that says so then."""

OF_THE_KERNEL = {"nbtrain/notebook/kernel/comms.py": {"comm", "ipykernel"}}
"""What is there if the kernel has it."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in requirements}


def imported(tree: ast.Module) -> Iterator[str]:
    """The top-level names that a file imports, in its functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module.partition(".")[0]


def third_party(*, optional: bool) -> set[str]:
    """The distributions that nbtrain imports: those that have to be there, or those that need not."""
    own = sys.stdlib_module_names | {"nbtrain"}
    found: set[str] = set()
    for file in (ROOT / "nbtrain").rglob("*.py"):
        name = file.relative_to(ROOT).as_posix()
        exempt = OPTIONAL.get(name, set())
        modules = set(imported(ast.parse(file.read_text(encoding="utf-8")))) - own - OF_THE_KERNEL.get(name, set())
        found |= modules & exempt if optional else modules - exempt
    distributions = packages_distributions()
    return {normal(distributions.get(name, [name])[0]) for name in found}


def test_what_is_imported_is_declared_and_the_other_way_round() -> None:
    assert third_party(optional=False) == names(PROJECT["dependencies"])


def test_what_need_not_be_there_is_an_extra_and_is_tested() -> None:
    extras = [names(given) for extra, given in PROJECT["optional-dependencies"].items() if extra != "test"]
    for name in third_party(optional=True):
        assert any(name in extra for extra in extras)
        assert name in names(PROJECT["optional-dependencies"]["test"])


@pytest.mark.parametrize("extra", [None, *PROJECT["optional-dependencies"]])
def test_what_is_declared_is_pinned(extra: str | None) -> None:
    pinned = names((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    requirements = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    assert names(requirements) <= pinned


@pytest.mark.parametrize("name", ["colab", "kaggle"])
def test_pip_replaces_nothing_there(name: str) -> None:
    listed = [Requirement(line) for line in pinned(name)]
    versions = {normal(one.name): next(iter(one.specifier)).version for one in listed}
    needed = {normal(one.name): one.specifier for one in map(Requirement, PROJECT["dependencies"])}
    assert set(needed) - set(versions) == {"msgspec", "torch"}, "torch is there, but not in the list"
    assert not [one for one, allowed in needed.items() if one in versions and not allowed.contains(versions[one])]


def test_each_requirement_has_a_lowest_version_that_is_tested() -> None:
    for line in PROJECT["dependencies"]:
        one = Requirement(line)
        (bound,) = [part.version for part in one.specifier if part.operator == ">="]
        assert lowest(line) == f"{one.name}=={bound}"


def test_the_repository_has_one_address() -> None:
    source = PROJECT["urls"]["Source"]
    places = [ROOT / name for name in ("pyproject.toml", "README.md", "SECURITY.md", "CITATION.cff")]
    places += [*(ROOT / ".github").rglob("*.yml")]
    for place in places:
        owners = set(re.findall(r"https://github\.com/[\w.-]+/nbtrain(?![\w-])", place.read_text(encoding="utf-8")))
        assert owners <= {source}, place


def test_pictures_and_links_of_the_readme_lead_somewhere_from_pypi() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["metadata"]["hooks"]
    for one in hooks["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(one["pattern"], one["replacement"], text)
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert targets and all(target.startswith(("https://", "#")) for target in targets)
    source = re.escape(PROJECT["urls"]["Source"])
    files = re.findall(rf"(!?)\[[^\]]*\]\({source}/(raw|blob)/v\$HFPR_VERSION/([^)#]+)", text)
    assert len(files) > 10
    assert all((ROOT / path).exists() and (kind == "raw") == bool(picture) for picture, kind, path in files)
