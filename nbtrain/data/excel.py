"""Read the only sheet of an Excel workbook."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nbtrain.data.cells import from_values
from nbtrain.data.header import to_columns
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.data.opened import OpenedFile


def read_excel(file: OpenedFile) -> Dataset:
    """The rows of the only sheet with content.

    Raises:
        DataError: openpyxl is not installed, several sheets have content, or the header does not fit.
    """
    import pyarrow as pa
    from datasets import Dataset

    try:
        import openpyxl
    except ImportError as problem:
        msg = 'Excel workbooks are read by openpyxl, which is not installed.\n    Run: pip install "nbtrain[excel]"'
        raise DataError(msg) from problem
    book = openpyxl.load_workbook(file.stream, data_only=True)
    sheets = {sheet.title: records for sheet in book.worksheets if (records := _records(sheet))}
    if len(sheets) > 1:
        first = next(iter(sheets))
        msg = (
            f"several sheets have content: {', '.join(sheets)}.\n    "
            f"{file.with_pandas(f'sheet_name={first!r}', 'read_excel')}"
        )
        raise DataError(msg)
    rows = next(iter(sheets.values()), {})
    columns = to_columns(list(rows.values()), list(rows), file.notes, "row")
    arrays = {
        name: from_values(name, [None if cell == "" else cell for cell in cells], columns.lines, file.notes, "row")
        for name, cells in columns.cells.items()
    }
    return Dataset(pa.table(arrays))


def _records(sheet: Any) -> dict[int, list[Any]]:
    """The cells of each row that is not empty, by row number. Columns at the end that are empty are left out."""
    rows = {number: [_value(cell) for cell in row] for number, row in enumerate(sheet.iter_rows(), start=1)}
    width = max((at + 1 for row in rows.values() for at, cell in enumerate(row) if cell is not None), default=0)
    return {number: row[:width] for number, row in rows.items() if any(cell is not None for cell in row)}


def _value(cell: Any) -> Any:
    """The value of a cell. A number that is shown with leading zeros ("007") is the text that is shown."""
    if isinstance(cell.value, int) and re.fullmatch("00+", cell.number_format):
        return str(cell.value).zfill(len(cell.number_format))
    return cell.value
