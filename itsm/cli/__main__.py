"""``python -m itsm.cli``."""

from itsm.cli import main

main()
