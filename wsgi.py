"""The WSGI entry point: ``granian --interface wsgi wsgi:app`` or any other server."""

from itsm.app import create_app
from itsm.infra import logs
from itsm.infra.settings import load

settings = load()
logs.configure(settings)
app = create_app(settings)
