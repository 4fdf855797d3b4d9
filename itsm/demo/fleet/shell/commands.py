"""The read-only commands that a simulated Linux computer knows; anything else ends with status 127."""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Callable
from typing import Final

from itsm.demo.fleet.shell import hardware, network, storage, system
from itsm.demo.fleet.shell.machine import Machine, Output

_SYSFS: Final = "/sys/class/dmi/id/"
_SYSFS_TOO: Final = "/sys/devices/virtual/dmi/id/"
_QUIET: Final = re.compile(r"\s*(2>\s*/dev/null|2>&1|</dev/null)\s*")
_LONGEST: Final = 4096
_SEPARATORS: Final = re.compile(r"\s*(;|&&|\|\|)\s*")


Program = Callable[[Machine, list[str]], Output]


def run(machine: Machine, line: str) -> Output:
    """Run a line: commands joined by ``;``, ``&&`` or ``||``; no pipes, no redirections but silencing errors."""
    if len(line) > _LONGEST:
        return Output(stderr="line too long\n", status=2)
    words = _SEPARATORS.split(_QUIET.sub(" ", line).strip())
    result = _one(machine, words[0])
    for joint, command in zip(words[1::2], words[2::2], strict=True):
        if joint == ";" or (joint == "&&") == (result.status == 0):
            following = _one(machine, command)
            result = Output(result.stdout + following.stdout, result.stderr + following.stderr, following.status)
    return result


def _one(machine: Machine, command: str) -> Output:
    try:
        words = shlex.split(command)
    except ValueError as error:
        return Output(stderr=f"sh: {error}\n", status=2)
    while words and (words[0] in ("sudo", "env", "command", "-n") or re.fullmatch(r"[A-Z_]+=\S*", words[0])):
        words.pop(0)
    if not words:
        return Output()
    name = words[0].rpartition("/")[2]
    program = _PROGRAMS.get(name)
    if program is None or ((machine.facts.get("packager") == "rpm") != (name == "rpm") and name in _PACKAGERS):
        return Output(stderr=f"sh: 1: {words[0]}: not found\n", status=127)
    return program(machine, words[1:])


def _files(machine: Machine) -> dict[str, str]:
    facts = machine.facts
    idle = machine.seconds * 3.2
    dmi = hardware.identity_files(facts)
    return {
        "/etc/os-release": system.os_release(facts),
        "/usr/lib/os-release": system.os_release(facts),
        "/etc/hostname": facts["name"] + "\n",
        "/etc/machine-id": facts["uuid"].replace("-", "") + "\n",
        "/proc/cpuinfo": hardware.cpuinfo(facts),
        "/proc/meminfo": hardware.meminfo(facts),
        "/proc/uptime": f"{machine.seconds:.2f} {idle:.2f}\n",
        "/proc/version": f"Linux version {facts['kernel']} ({system.uname(facts, 'v').strip()})\n",
        "/proc/sys/kernel/hostname": facts["name"] + "\n",
        **{folder + name: text + "\n" for folder in (_SYSFS, _SYSFS_TOO) for name, text in dmi.items()},
    }


def _cat(machine: Machine, words: list[str]) -> Output:
    files, out, errors = _files(machine), "", ""
    for pattern in (word for word in words if not word.startswith("-")):
        found = fnmatch.filter(files, pattern)
        out += "".join(files[path] for path in found)
        errors += "" if found else f"cat: {pattern}: No such file or directory\n"
    return Output(out, errors, 1 if errors else 0)


def _grep(machine: Machine, words: list[str]) -> Output:
    """Answer ``grep -r PATTERN FILES``: lines that match, with their file where several are searched."""
    pattern, *paths = [word for word in words if not word.startswith("-")] or [""]
    files = _files(machine)
    found = [path for wanted in paths for path in files if fnmatch.fnmatch(path, wanted) or path.startswith(wanted)]
    named = len(found) > 1 or any("H" in word for word in words if word.startswith("-"))
    lines = [
        (f"{path}:" if named else "") + line
        for path in dict.fromkeys(found)
        for line in files[path].splitlines()
        if re.search(pattern, line)
    ]
    return Output("".join(line + "\n" for line in lines), status=0 if lines else 1)


def _dmidecode(machine: Machine, words: list[str]) -> Output:
    options = _options(words, valued=("-t", "--type", "-s", "--string"))
    keyword = options.get("-s") or options.get("--string")
    if keyword is None:
        wanted = options.get("-t") or options.get("--type")
        return Output(hardware.dmidecode(machine.facts, wanted))
    text = hardware.dmi_string(machine.facts, keyword)
    if text is None:
        return Output(stderr=f"Invalid string keyword: {keyword}\n", status=2)
    return Output(text + "\n")


def _options(words: list[str], *, valued: tuple[str, ...]) -> dict[str, str]:
    """Return options with their values: ``-t 17``, ``-t17`` and ``--type=17`` alike; repeated ones joined."""
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        short = word[:2]
        if option in valued:
            value = value if equals else next(rest, "")
        elif short in valued and not word.startswith("--"):
            option, value = short, word[2:]
        found[option] = f"{found[option]},{value}" if found.get(option) and value else value
    return found


def _lscpu(machine: Machine, words: list[str]) -> Output:
    return Output(hardware.lscpu(machine.facts, as_json="-J" in words or "--json" in words))


def _free(machine: Machine, words: list[str]) -> Output:
    divisor = {"-b": 1, "--bytes": 1, "-m": 1 << 20, "--mebi": 1 << 20}.get(words[0] if words else "", 1024)
    total, swap = (kilobytes * 1024 // divisor for kilobytes in (hardware.usable_kb(machine.facts), 2097148))
    head = "               total        used        free      shared  buff/cache   available\n"
    memory = (total, total // 3, total // 3, total // 50, total // 3, total * 2 // 3)
    rows = (("Mem:", memory), ("Swap:", (swap, 0, swap)))
    return Output(head + "".join(f"{name:<8}" + "".join(f"{n:>12}" for n in row) + "\n" for name, row in rows))


def _ip(machine: Machine, words: list[str]) -> Output:
    flags = "".join(word for word in words if word.startswith("-"))
    object_ = next((word for word in words if not word.startswith("-")), "")
    as_json = "j" in flags
    if object_ and "address".startswith(object_):
        one = "o" in flags
        return Output(network.ip_address(machine.world, machine.name, as_json=as_json, one_line=one))
    if object_ and "link".startswith(object_):
        return Output(network.ip_address(machine.world, machine.name, as_json=as_json, with_addresses=False))
    if object_ and "route".startswith(object_):
        return Output(network.ip_route(machine.world, machine.name, as_json=as_json))
    if object_ and "neighbour".startswith(object_.replace("neighbor", "neighbour")):
        return Output(network.ip_neighbours(machine.world, machine.name, as_json=as_json))
    return Output(stderr=f'Object "{object_}" is unknown, try "ip help".\n', status=1)


def _df(machine: Machine, words: list[str]) -> Output:
    return Output(storage.df(machine.facts, "".join(word for word in words if word.startswith("-"))))


def _lsblk(machine: Machine, words: list[str]) -> Output:
    options = _options(words, valued=("-o", "--output"))
    columns = (options.get("-o") or options.get("--output") or "").split(",")
    letters = "".join(option.strip("-") for option in options if not option.startswith("--"))
    letters += "".join({"--json": "J", "--bytes": "b", "--pairs": "P", "--nodeps": "d"}.get(o, "") for o in options)
    return Output(storage.lsblk(
        machine.facts, columns=[column for column in columns if column], as_json="J" in letters,
        octets="b" in letters, pairs="P" in letters, disks_only="d" in letters,
    ))  # fmt: skip


def _dpkg_query(machine: Machine, words: list[str]) -> Output:
    options = _options(words, valued=("-f", "--showformat"))
    layout = options.get("-f") or options.get("--showformat") or "${Package}\\t${Version}\\n"
    return Output(system.formatted_packages(machine.packages, layout, rpm=False))


def _dpkg(machine: Machine, words: list[str]) -> Output:
    if words[:1] in (["-l"], ["--list"]):
        return Output(system.dpkg_list(machine.packages))
    return Output(stderr="dpkg: error: need an action option\n", status=2)


def _rpm(machine: Machine, words: list[str]) -> Output:
    options = _options(words, valued=("--qf", "--queryformat"))
    layout = options.get("--qf") or options.get("--queryformat") or "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\\n"
    return Output(system.formatted_packages(machine.packages, layout, rpm=True))


def _uptime(machine: Machine, _words: list[str]) -> Output:
    days, rest = divmod(int(machine.seconds), 86400)
    users = len(machine.facts.get("users", ()))
    clock = f"{rest // 3600}:{rest % 3600 // 60:02}"
    return Output(f" 09:15:02 up {days} days, {clock},  {users} users,  load average: 0.18, 0.22, 0.20\n")


_PACKAGERS: Final = ("dpkg", "dpkg-query", "rpm")
_PROGRAMS: Final[dict[str, Program]] = {
    "cat": _cat,
    "df": _df,
    "dmidecode": _dmidecode,
    "dpkg": _dpkg,
    "dpkg-query": _dpkg_query,
    "echo": lambda _machine, words: Output(" ".join(words) + "\n"),
    "free": _free,
    "grep": _grep,
    "hostname": lambda machine, words: Output(
        machine.name + (f".{machine.world.company['domain']}" if "-f" in words else "") + "\n"
    ),
    "hostnamectl": lambda machine, _words: Output(system.hostnamectl(machine.facts)),
    "id": lambda _machine, _words: Output("uid=998(inventory) gid=998(inventory) groups=998(inventory)\n"),
    "ip": _ip,
    "lsblk": _lsblk,
    "lscpu": _lscpu,
    "rpm": _rpm,
    "systemctl": lambda machine, _words: Output(system.services(machine.facts)),
    "true": lambda _machine, _words: Output(),
    "uname": lambda machine, words: Output(system.uname(machine.facts, "".join(words))),
    "uptime": _uptime,
    "users": lambda machine, _words: Output(" ".join(machine.facts.get("users", ())) + "\n"),
    "who": lambda machine, _words: Output(system.who(machine.facts)),
}
