"""The command line ``parse KIND FILE``: the wire facts of one output, as JSON."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click

from itsm.discovery.parsers.bounds import MAX_TEXT
from itsm.discovery.parsers.outputs import UnknownKind, aliases, kinds, parse

_UNSEEN = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""What a terminal may take for a command, or reads backwards: in JSON it can be written as it is called."""


def _read(source: str) -> str:
    """Return at most MAX_TEXT bytes of a file or of standard input, decoded (UTF-8, marked UTF-16, else Latin-1)."""
    if source == "-":
        octets = sys.stdin.buffer.read(MAX_TEXT)
    else:
        with Path(source).open("rb") as stream:
            octets = stream.read(MAX_TEXT)
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return octets.decode("utf-16", "replace")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        broken = len(octets) - error.start < 4
        return octets.decode("utf-8", "ignore") if broken else octets.decode("latin-1")


def _with_command(kind: str, source: str) -> str:
    """Return ``platform/name-of-the-file`` for a bare platform, because the file's name often says the command."""
    bare = kind.strip().removeprefix("ntc/")
    if source == "-" or "/" in bare:
        return kind
    candidate = f"{bare}/{Path(source).stem}"
    return candidate if candidate.split("/")[0] in {name.split("/")[0] for name in kinds() if "/" in name} else kind


def _parse_file(kind: str, source: str) -> dict[str, object]:
    text = _read(source)
    try:
        return parse(_with_command(kind, source), text)
    except UnknownKind:
        return parse(kind, text)


@click.command("parse")
@click.argument("kind", required=False)
@click.argument("file", required=False, default="-", type=click.Path(allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON (otherwise it is indented).")
@click.option("--list", "list_kinds", is_flag=True, help="Print the kinds that can be read, and end.")
def parse_command(kind: str | None, file: str, *, as_json: bool, list_kinds: bool) -> None:
    """Print the facts in FILE ("-" is standard input), the output of a command of this KIND.

    KIND is such as ip-addr, dmidecode, cisco_ios/show_version; "parse --list" prints them all.
    """
    if list_kinds:
        click.echo("\n".join([*kinds(), *(f"{name} = {kind_}" for name, kind_ in sorted(aliases().items()))]))
        return
    if kind is None:
        raise click.UsageError("say which KIND of output it is; --list prints them")
    try:
        facts = _parse_file(kind, file)
    except UnknownKind as error:
        raise click.ClickException(f"{error}; --list prints them") from error
    except OSError as error:
        raise click.ClickException(f"cannot read {file}: {error.strerror or error}") from error
    told = json.dumps(facts, indent=None if as_json else 2, ensure_ascii=as_json, default=str)
    click.echo(_UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", told))
