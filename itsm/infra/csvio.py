"""CSV out and in: nothing that a spreadsheet would run goes out, nothing unbounded comes in.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, and so does one that already
starts with apostrophes before such a sign; reading takes exactly one away again, so what went out comes back
unchanged.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from itsm.kernel.errors import Invalid

DELIMITERS = ",;\t|"
MAX_BYTES = 20_000_000
MAX_ROWS = 50_000
MAX_COLUMNS = 200
MAX_FIELD = 32_000
# Signs that start a formula, also full-width and after blanks that spreadsheets skip.
_RISKY = re.compile(r"'*[\s\u00a0\ufeff]*[=+\-@\t\r\n|%＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,10})?")


class CsvError(Invalid):
    """The file cannot be read as a table; the sentence names the line where it stops."""

    def __init__(self, sentence: str, *, row: int = 0) -> None:
        self.row = row
        super().__init__({"file": sentence}, sentence)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an imported table: the line of the file where it starts (from 1) and its cells by column."""

    number: int
    cells: dict[str, str]


def defused(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; plain numbers stay as they are."""
    if _RISKY.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def restored(text: str) -> str:
    """Return the text that `defused` was given."""
    return text[1:] if text.startswith("'") and _RISKY.match(text[1:]) else text


def stream(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, bom: bool = True, delimiter: str = ","
) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8, row by row; `bom` makes spreadsheets recognise the encoding."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    if bom:
        yield codecs.BOM_UTF8
    writer.writerow([defused(column) for column in columns])
    for row in rows:
        writer.writerow(["" if cell is None else defused(str(cell)) for cell in row])
        if buffer.tell() > 16_384:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    """Return what the buffer holds and empty it; lone surrogates become question marks."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8", "replace")


def read(source: BinaryIO, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS) -> Iterator[Row]:
    """Yield the rows of an uploaded table, keyed by the column names of its first row.

    Encoding and delimiter are found out; empty rows are skipped, missing cells are empty. Raises CsvError for
    what is no table or too large, with the line where it stops.
    """
    content = source.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise CsvError(f"The file is larger than {max_bytes / 1_000_000:g} MB.")
    text = decoded(content)
    rows = _rows(text)
    header_line, header = next(rows, (0, []))
    columns = _columns(header, header_line)
    for count, (number, cells) in enumerate(rows, start=1):
        if count > max_rows:
            raise CsvError(f"The file has more than {max_rows} rows.", row=number)
        if len(cells) > len(columns):
            raise CsvError(f"Line {number} has {len(cells)} cells, but there are {len(columns)} columns.", row=number)
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        yield Row(number, dict(zip(columns, map(restored, padded), strict=True)))


def decoded(content: bytes) -> str:
    """Return the text of a file: by its byte order mark, as UTF-8, as UTF-16 without a mark, else as cp1252."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding)
    nulls = [content[start:2000:2].count(0) for start in (0, 1)]
    if max(nulls) > len(content[:2000]) // 5:
        return _decoded(content, "utf-16-be" if nulls[0] > nulls[1] else "utf-16-le")
    if 0 in content:
        raise CsvError("This is not a text file. Save the table as CSV and choose that file.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # Five bytes have no letter in cp1252; they become replacement characters rather than an error.
        return content.decode("cp1252", "replace")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise CsvError(f"The file says it is {encoding.upper()}, but is broken at byte {error.start}.") from None
    if "\0" in text:
        raise CsvError("This is not a text file. Save the table as CSV and choose that file.")
    return text


def delimiter_of(text: str) -> str:
    """Return the delimiter: the one found most often, outside quotes, in the first line that has any."""
    for line in text[:100_000].splitlines()[:20]:
        bare = re.sub(r'"(?:[^"]|"")*(?:"|$)', "", line)
        counts = {delimiter: bare.count(delimiter) for delimiter in DELIMITERS}
        best = max(DELIMITERS, key=lambda delimiter: counts[delimiter])
        if counts[best]:
            return best
    return ","


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line where each row that holds anything starts, and its cells; bounded in width."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter_of(text), strict=True)
    starts = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = _REASONS.get(str(error), str(error))
            raise CsvError(f"Line {starts} cannot be read: {reason}.", row=starts) from None
        if len(cells) > MAX_COLUMNS:
            raise CsvError(f"Line {starts} has more than {MAX_COLUMNS} columns.", row=starts)
        if any(len(cell) > MAX_FIELD for cell in cells):
            raise CsvError(f"Line {starts} has a cell longer than {MAX_FIELD} characters.", row=starts)
        if any(cell.strip() for cell in cells):
            yield starts, cells
        starts = reader.line_num + 1


_REASONS = {
    "unexpected end of data": "a quotation mark is opened but never closed",
    "field larger than field limit (131072)": "a cell is far too long, perhaps a quotation mark is not closed",
}


def _columns(header: list[str], line: int) -> list[str]:
    """Return the column names; raises CsvError when there are none, or two alike."""
    columns = [restored(cell).strip() for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise CsvError("The file is empty.")
    if not all(columns):
        raise CsvError(f"Column {columns.index('') + 1} has no name.", row=line)
    seen: set[str] = set()
    for name in columns:
        if name.casefold() in seen:
            raise CsvError(f"The column {name[:80]!r} comes twice.", row=line)
        seen.add(name.casefold())
    return columns
