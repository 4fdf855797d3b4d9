"""Compiled packages of the probe in one file: found beside it, or done without. Imported before anything else."""

from __future__ import annotations

import atexit
import importlib.util
import shutil
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path


def library_of(program: Path) -> Path:
    """Return where compiled packages lie beside the program."""
    return program.with_name(program.name.removesuffix(".pyz") + ".lib")


def kind_of_machine() -> str:
    """Return for which machines compiled packages fit."""
    return f"{sysconfig.get_platform()} python{sys.version_info.major}.{sys.version_info.minor}"


def _unpack(program: Path) -> None:
    """Lay pysnmp into a folder of its own while we run: it opens its MIB modules as files, which in an archive are none."""
    folder = Path(tempfile.mkdtemp(prefix="itsm-probe-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with zipfile.ZipFile(program) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith("pysnmp/")])
    sys.path.insert(0, str(folder))


def find() -> None:
    """Use what lies beside the file where it was made for this machine, and do without SSH where there is no paramiko."""
    program = Path(sys.argv[0]).resolve()
    _unpack(program)
    folder = library_of(program)
    made_for = folder / "made-for"
    if made_for.is_file():
        if made_for.read_text() == kind_of_machine():
            sys.path.insert(0, str(folder))
        else:
            told = f"itsm-probe: {folder.name} is for {made_for.read_text()}, this is {kind_of_machine()}; not used."
            print(told, file=sys.stderr)  # noqa: T201
    if importlib.util.find_spec("paramiko") is None:
        from itsm.discovery.probe.ssh import absent

        sys.modules["itsm.discovery.probe.ssh.modern"] = absent
