"""The WSGI entry point: ``granian --interface wsgi wsgi:app`` or any other server."""

from itsm.cli.application import make

app = make()
