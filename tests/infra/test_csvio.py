"""CSV: no live formula goes out, what went out comes back, and odd files end with a sentence."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.infra.csvio import MAX_COLUMNS, MAX_FIELD, CsvError, decoded, defused, delimiter_of, read, restored, stream

LIVE = [
    "=1+1", "=cmd|'/c calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1",
    "==1", "=HYPERLINK(\"http://x\")", "-cmd|' /C calc'!A0", "+cmd|'x'!A0", "@x", "|x", "%0A=1", "＝1+1", "＋1",
    "－1", "＠x", "'=1", "''=1", "' =1", "- - 1", "-x", "+", "-", "=", "@", "+49 30 1234", "-1-1", "+1e5x", "  +A1",
]  # fmt: skip
HARMLESS = ["", "a", "1", "-1", "+1", "-1.5", "-1,5", "it's", "'", "''", "'a", "a=b", "a@b.c", "x-1", "1=1", "…", "ü"]


@pytest.mark.parametrize("text", LIVE)
def test_a_formula_goes_out_as_text_and_comes_back(text: str) -> None:
    assert defused(text) == "'" + text
    assert restored(defused(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_and_numbers_stay(text: str) -> None:
    assert (defused(text), restored(text)) == (text, text)


def written(columns: list[str], rows: list[list[object]], **options: object) -> bytes:
    return b"".join(stream(columns, rows, **options))


def cells(content: bytes, **limits: int) -> list[dict[str, str]]:
    return [row.cells for row in read(io.BytesIO(content), **limits)]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@given(st.lists(st.tuples(TEXT, TEXT, st.sampled_from(LIVE + HARMLESS)), max_size=8), st.sampled_from(",;\t|"))
def test_what_went_out_comes_back_the_same(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    content = written(["a", "b", "c"], [list(row) for row in rows], delimiter=delimiter)
    kept = [dict(zip("abc", row, strict=True)) for row in rows if any(defused(cell).strip() for cell in row)]
    assert cells(content) == kept


@given(TEXT)
def test_no_cell_of_any_text_starts_a_formula(text: str) -> None:
    [[out]] = csv.reader(io.StringIO(b"".join(stream([text], [], bom=False)).decode(), newline="")) or [[""]]
    assert out.lstrip(" \u00a0\ufeff")[:1] not in {"=", "@", "\t", "\r", "\n"}
    assert restored(out) == text


def test_an_export_is_streamed_row_by_row() -> None:
    pulled: list[int] = []

    def rows():
        for number in range(100_000):
            pulled.append(number)
            yield [number, "x" * 100]

    chunks = stream(["number", "text"], rows())
    first = [next(chunks), next(chunks)]
    assert first[0] == b"\xef\xbb\xbf"
    assert first[1].startswith(b"number,text\r\n0,xxx")
    assert len(pulled) < 1_000


def test_the_mark_is_an_option_and_none_is_an_empty_cell() -> None:
    assert written(["a", "=b"], [[None, True], ["x,y", 'q"q']], bom=False) == b'a,\'=b\r\n,True\r\n"x,y","q""q"\r\n'


TABLE = 'name;note\r\nZoë;größer – “so”\r\n\r\nAna;"two\r\nlines"\r\nBen\r\n'
EXPECTED = [
    (2, {"name": "Zoë", "note": "größer – “so”"}),
    (4, {"name": "Ana", "note": "two\r\nlines"}),
    (6, {"name": "Ben", "note": ""}),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_usual_encoding_reads_the_same(encoding: str) -> None:
    rows = [(row.number, row.cells) for row in read(io.BytesIO(TABLE.encode(encoding)))]
    assert rows == EXPECTED


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2", ","),
        ("a;b\n1,5;2,5", ";"),
        ("a\tb", "\t"),
        ("a|b|c,d", "|"),
        ('"a,b,c,d";e', ";"),
        ("title\na;b", ";"),
        ("one\ntwo", ","),
        ("", ","),
        ('"unclosed,,,', ","),
    ],
)
def test_the_delimiter_is_found_outside_quotes(text: str, delimiter: str) -> None:
    assert delimiter_of(text) == delimiter


@pytest.mark.parametrize(
    ("content", "sentence", "row"),
    [
        (b"", "The file is empty.", 0),
        (b"\n\n ,\n", "The file is empty.", 0),
        (b"\xef\xbb\xbf", "The file is empty.", 0),
        (b"a,,b\n", "Column 2 has no name.", 1),
        (b"\n\na,A\n", "The column 'A' comes twice.", 3),
        (b"a,b\n1,2\n1,2,3\n", "Line 3 has 3 cells, but there are 2 columns.", 3),
        (b'a,b\n1,2\n"x,2\n3,4\n', "Line 3 cannot be read: a quotation mark is opened but never closed.", 3),
        (b'a,b\n"x"y,2\n', "Line 2 cannot be read: ',' expected after '\"'.", 2),
        (b"a\n" + b"x" * (MAX_FIELD + 1), f"Line 2 has a cell longer than {MAX_FIELD} characters.", 2),
        (b'a\n"' + b"x" * 200_000, "Line 2 cannot be read: a cell is far too long, perhaps a quotation mark is "
                                   "not closed.", 2),
        (b"," * MAX_COLUMNS + b"\n", f"Line 1 has more than {MAX_COLUMNS} columns.", 1),
        (b"PK\x03\x04\0\0binary", "This is not a text file. Save the table as CSV and choose that file.", 0),
        (b"\xff\xfea\0b", "The file says it is UTF-16-LE, but is broken at byte 2.", 0),
        (b"\xef\xbb\xbf\xff", "The file says it is UTF-8, but is broken at byte 0.", 0),
        (b"\xef\xbb\xbfa\0b", "This is not a text file. Save the table as CSV and choose that file.", 0),
    ],
)  # fmt: skip
def test_a_broken_table_ends_with_the_line_and_the_reason(content: bytes, sentence: str, row: int) -> None:
    with pytest.raises(CsvError) as caught:
        cells(content)
    assert (str(caught.value), caught.value.row, caught.value.errors) == (sentence, row, {"file": [sentence]})


def test_rows_and_bytes_are_bounded() -> None:
    with pytest.raises(CsvError, match="more than 3 rows"):
        cells(b"a\n1\n2\n3\n4\n", max_rows=3)
    assert len(cells(b"a\n1\n2\n3\n", max_rows=3)) == 3
    with pytest.raises(CsvError, match=r"larger than 0\.001 MB"):
        cells(b"a" * 1001, max_bytes=1000)


def test_rows_before_a_broken_one_are_still_given() -> None:
    rows = read(io.BytesIO(b"a\n1\n2,3\n"))
    assert next(rows).cells == {"a": "1"}
    with pytest.raises(CsvError, match="Line 3"):
        next(rows)


@pytest.mark.parametrize(
    "content",
    [b'"' * 2_000_000, b"a\n" + b'"' * 2_000_001, b"," * 2_000_000, b"\n" * 5_000_000, b"a;" * 1_000_000,
     b'a,"' * 500_000,
     b"'" * 2_000_000, b"a\n" + b"\xc2\xa0" * 15_000],
)  # fmt: skip
def test_hostile_tables_end_soon(content: bytes) -> None:
    started = time.process_time()
    try:
        cells(content)
    except CsvError as refusal:
        assert len(str(refusal)) < 200
    assert time.process_time() - started < 5


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_refusal(content: bytes) -> None:
    try:
        cells(content)
    except CsvError as refusal:
        assert str(refusal).endswith(".")


def test_bytes_without_a_letter_do_not_stop_the_import() -> None:
    assert decoded(b"caf\xe9 \x81") == "café \ufffd"
