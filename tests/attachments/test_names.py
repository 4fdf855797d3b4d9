"""The name a file is downloaded under can be saved on every system, and is only a name."""

import pytest

from itsm.attachments.rules.names import LONGEST, file_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("Größe ✓ 件.pdf", "Größe ✓ 件.pdf"),
        ("C:\\Users\\ana\\scan.png", "scan.png"),
        ("/home/ana/scan.png", "scan.png"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "file"),
        ("", "file"),
        (" . ", "file"),
        ("/", "file"),
        (".htaccess", "htaccess"),
        ("a\r\nb.txt", "a b.txt"),
        ("a\0b.txt", "ab.txt"),
        ('a"b<c>d|e?f*g:h.txt', "a_b_c_d_e_f_g_h.txt"),
        ("CON", "_CON"),
        ("aux.txt", "_aux.txt"),
        ("console.txt", "console.txt"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("x" * 300 + ".pdf", "x" * (LONGEST - 4) + ".pdf"),
        ("x" * 300, "x" * LONGEST),
        ("x." + "y" * 300, "x." + "y" * (LONGEST - 2)),
        ("name.", "name"),
        ("tab\there.txt", "tab here.txt"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_one(given: str, kept: str) -> None:
    assert file_name(given) == kept
    assert file_name(kept) == kept
