"""The base of all factories."""

import factory

from itsm.infra.unit import current_unit


class Factory(factory.alchemy.SQLAlchemyModelFactory):
    """Makes rows in the transaction that is open."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: current_unit().session  # noqa: E731
        sqlalchemy_session_persistence = "flush"
