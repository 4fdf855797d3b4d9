"""Cuts the power of a small disk while files are being kept on it; run as root in a mount namespace of its own.

    unshare -m --propagation private python tests/infra/power_cut.py FOLDER CUTS

Each cut drops everything that was not flushed (ext4's shutdown ioctl without log flush), then the disk is mounted
again and every file that was acknowledged before the cut is looked for. Prints one JSON object.
"""

import fcntl
import json
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

from itsm.infra.files import FileStore

SHUTDOWN = 0x8004587D
DROP_ALL = 2
SAVER = """
import io, os, sys, time
from pathlib import Path
from itsm.infra.files import FileStore
store, seed, turn = FileStore(Path(sys.argv[1]), max_bytes=10_000_000), sys.argv[2], 0
while True:
    turn += 1
    name = store.save(io.BytesIO(f"{seed} {turn} ".encode() * (1 + turn * 7919 % 3000))).sha256
    os.write(1, f"{time.monotonic_ns()} {name}\\n".encode())
"""


def call(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def cut(folder: Path, chance: random.Random, turn: int) -> dict[str, int]:
    disk, mount, notes = folder / "disk", folder / "mount", folder / f"notes{turn}"
    call("mount", "-o", "loop", str(disk), str(mount))
    with notes.open("wb") as out:
        saving = [sys.executable, "-c", SAVER, str(mount / "files"), str(turn)]
        saver = subprocess.Popen(saving, stdout=out, stderr=subprocess.DEVNULL)
        while not notes.stat().st_size:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.2, 0.8))
        with (mount / "files" / "lock").open() as file:
            at = time.monotonic_ns()
            fcntl.ioctl(file, SHUTDOWN, struct.pack("I", DROP_ALL))
        saver.send_signal(signal.SIGKILL)
        saver.wait()
    call("umount", str(mount))
    call("mount", "-o", "loop", str(disk), str(mount))
    lines = [line.split() for line in notes.read_text().splitlines()]
    kept = {name for stamp, name in lines if int(stamp) < at}
    report = FileStore(mount / "files", max_bytes=1).verify(kept)
    lost = {"acknowledged": len(kept), "missing": len(report.missing), "damaged": len(report.damaged)}
    call("umount", str(mount))
    return lost


def main() -> None:
    folder, cuts = Path(sys.argv[1]), int(sys.argv[2])
    (folder / "mount").mkdir()
    with (folder / "disk").open("wb") as disk:
        disk.truncate(200_000_000)
    call("mkfs.ext4", "-q", str(folder / "disk"))
    chance = random.Random(11)
    figures = [cut(folder, chance, turn) for turn in range(cuts)]
    print(json.dumps({name: sum(each[name] for each in figures) for name in figures[0]}))


if __name__ == "__main__":
    main()
