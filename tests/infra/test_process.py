"""Programs are started without a shell and end inside their bounds, with all their children."""

import os
import sys
import time
from pathlib import Path

import pytest

from itsm.infra.process import (
    OutputTooLarge,
    ProgramError,
    ProgramFailed,
    ProgramMissing,
    ProgramTimedOut,
    run,
)

PYTHON = sys.executable


def python(code: str, *words: str) -> list[str]:
    return [PYTHON, "-c", code, *words]


def is_alive(pid: int) -> bool:
    """Tell whether the process runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def gone_soon(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_output_errors_and_code_come_back() -> None:
    code = "import sys; sys.stdout.write('out'); sys.stderr.write('err'); sys.exit(3)"
    done = run(python(code), timeout=20)
    assert (done.code, done.out, done.err) == (3, b"out", b"err")


def test_input_of_any_size_is_fed() -> None:
    text = os.urandom(3_000_000)
    done = run(python("import sys; print(len(sys.stdin.buffer.read()))"), timeout=20, stdin=text)
    assert done.out == b"3000000\n"


def test_a_program_that_reads_nothing_does_not_hang_the_feeder() -> None:
    assert run(["true"], timeout=20, stdin=b"x" * 3_000_000).code == 0


def test_input_and_output_larger_than_the_pipes_flow_at_once() -> None:
    text = b"y" * 1_000_000
    assert run(["cat"], timeout=20, stdin=text, max_output=2_000_000).out == text


@pytest.mark.parametrize(
    "word",
    [
        "; id",
        "$(id)",
        "`id`",
        "| id",
        "&& id",
        "a b",
        "*",
        "~",
        "$HOME",
        "'",
        '"',
        "\n",
        "-n",
        "--",
        "%s",
        "é\u202e",
        "> /tmp/x",
        "${IFS}",
        "\\",
        "!!",
        "#",
        "",
        "\t",
        "\x1b[2J",
    ],
)
def test_hostile_words_arrive_unchanged(word: str) -> None:
    done = run(python("import sys; sys.stdout.buffer.write(sys.argv[1].encode())", word), timeout=20)
    assert done.out == word.encode()


def test_a_command_line_is_no_list() -> None:
    with pytest.raises(TypeError, match="list of words"):
        run("echo hello", timeout=1)
    with pytest.raises(TypeError, match="list of words"):
        run([], timeout=1)


def test_a_nul_character_is_refused() -> None:
    with pytest.raises(ProgramError, match="NUL"):
        run(["echo", "a\0b"], timeout=1)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match="no-such-program is not installed"):
        run(["no-such-program"], timeout=1)
    script = tmp_path / "script"
    script.write_text("not a program")
    script.chmod(0o755)
    with pytest.raises(ProgramMissing, match="cannot be started"):
        run([str(script)], timeout=1)


def test_time_out_ends_the_whole_family() -> None:
    code = (
        "import subprocess, sys, time; p = subprocess.Popen(['sleep', '60']);"
        "open(sys.argv[1], 'w').write(str(p.pid)); time.sleep(60)"
    )
    note = Path(os.environ.get("TMPDIR", "/tmp")) / f"family-{os.getpid()}"
    started = time.monotonic()
    try:
        with pytest.raises(ProgramTimedOut, match="longer than 2 seconds"):
            run(python(code, str(note)), timeout=2)
        assert time.monotonic() - started < 6
        assert gone_soon(int(note.read_text()))
    finally:
        note.unlink(missing_ok=True)


def test_a_grandchild_that_keeps_the_pipe_open_does_not_hold_us() -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"
    started = time.monotonic()
    done = run(python(code), timeout=30)
    assert time.monotonic() - started < 10
    assert gone_soon(int(done.out))


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_endless_output_is_cut(stream: str) -> None:
    code = f"import sys\nwhile True: sys.{stream}.write('x' * 100000)"
    with pytest.raises(OutputTooLarge, match="more than 200000 bytes"):
        run(python(code), timeout=30, max_output=200_000)


def test_only_the_allowed_environment_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITSM_SECRET_KEY", "planted")
    monkeypatch.setenv("LD_PRELOAD_NOT", "planted")
    done = run(["env"], timeout=20, environment={"LC_ALL": "C", "EXTRA": "given"})
    seen = dict(line.split("=", 1) for line in done.out.decode().splitlines())
    assert (seen["LC_ALL"], seen["EXTRA"]) == ("C", "given")
    assert not set(seen) - {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME", "TMPDIR", "EXTRA"}


def test_a_demanded_success_that_fails_says_the_last_line() -> None:
    code = "import sys; sys.stderr.write('first\\nno such zone\\n'); sys.exit(2)"
    with pytest.raises(ProgramFailed, match="ended with code 2: no such zone"):
        run(python(code), timeout=20, check=True)


def test_the_working_folder_is_used(tmp_path: Path) -> None:
    assert run(["pwd"], timeout=20, folder=tmp_path).out.decode().strip() == str(tmp_path.resolve())


def test_no_descriptor_is_left_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        run(["true"], timeout=20)
        with pytest.raises(ProgramTimedOut):
            run(["sleep", "9"], timeout=0.1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
