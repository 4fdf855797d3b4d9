"""Compiled packages of the probe in one file: found beside it, or done without. Imported before anything else."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path


def library_of(program: Path) -> Path:
    """Return where compiled packages lie beside the program."""
    return program.with_name(program.name.removesuffix(".pyz") + ".lib")


def kind_of_machine() -> str:
    """Return for which machines compiled packages fit."""
    return f"{sysconfig.get_platform()} python{sys.version_info.major}.{sys.version_info.minor}"


def find() -> None:
    """Use what lies beside the file where it was made for this machine, and do without SSH where there is no paramiko."""
    folder = library_of(Path(sys.argv[0]).resolve())
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
