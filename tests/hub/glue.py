"""GLUE as on the Hub: Parquet files, and a README that names configurations, splits and label names."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

LABELS = {"mrpc": ("not_equivalent", "equivalent"), "sst2": ("negative", "positive")}
"""Label names of each configuration, in the order of their numbers."""

SPLITS = ("train", "validation", "test")


def glue_repo(data_dir: str | Path) -> dict[str, bytes]:
    """The files of `nyu-mll/glue`, made from `data_dir/mrpc/*.csv` and, where it is there, `data_dir/sst2/*.csv`.

    With both, the data set has more than one configuration, so that loading it without one fails as on the hub.

    Returns:
        Path in the repository -> content, ready for `Hub.add_dataset`.

    Raises:
        FileNotFoundError: `data_dir` has no `mrpc` folder.
    """
    root = Path(data_dir)
    if not (root / "mrpc").is_dir():
        msg = f"No folder mrpc in {root}"
        raise FileNotFoundError(msg)
    files: dict[str, bytes] = {}
    card: dict[str, list[Any]] = {"dataset_info": [], "configs": []}
    for config in (name for name in LABELS if (root / name).is_dir()):
        tables = {split: _read_csv(root / config / f"{split}.csv") for split in SPLITS}
        files |= {f"{config}/{split}-00000-of-00001.parquet": _parquet(table) for split, table in tables.items()}
        card["dataset_info"].append(_dataset_info(config, tables))
        data_files = [{"split": split, "path": f"{config}/{split}-*"} for split in SPLITS]
        card["configs"].append({"config_name": config, "data_files": data_files})
    # JSON is YAML too, which spares the tests a YAML writer.
    files["README.md"] = f"---\n{json.dumps(card, indent=2)}\n---\n\n# GLUE\n".encode()
    return files


def _read_csv(path: Path) -> pa.Table:
    """The rows of one split, typed as on the Hub; `idx` is the row's number where the file has none."""
    import pyarrow as pa
    from pyarrow import csv

    table = csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types={"sentence": "string", "sentence1": "string", "sentence2": "string", "idx": "int32"}
        ),
    )
    if "idx" not in table.column_names:
        table = table.append_column("idx", pa.array(range(len(table)), pa.int32()))
    return table


def _parquet(table: pa.Table) -> bytes:
    from pyarrow import parquet

    sink = BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


def _dataset_info(config: str, tables: dict[str, pa.Table]) -> dict[str, Any]:
    """The `dataset_info` entry of the card: features with the label names, and the number of rows per split."""
    names = {str(number): name for number, name in enumerate(LABELS[config])}
    dtypes = {"label": {"class_label": {"names": names}}, "idx": "int32"}
    columns = tables["train"].column_names
    splits = [{"name": name, "num_bytes": t.nbytes, "num_examples": len(t)} for name, t in tables.items()]
    return {
        "config_name": config,
        "features": [{"name": column, "dtype": dtypes.get(column, "string")} for column in columns],
        "splits": splits,
        "dataset_size": sum(split["num_bytes"] for split in splits),
    }
