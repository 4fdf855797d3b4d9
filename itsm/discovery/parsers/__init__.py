"""Pure parsers of read-only command outputs: text in, wire facts out, nothing else touched.

``parse`` reads one output, ``kind_of`` names the parser of a command line, ``merge`` makes one set of facts of the
outputs of one host.
"""

from itsm.discovery.parsers.command_lines import kind_of
from itsm.discovery.parsers.merging import merge
from itsm.discovery.parsers.outputs import UnknownKind, aliases, kinds, parse

__all__ = ["UnknownKind", "aliases", "kind_of", "kinds", "merge", "parse"]
