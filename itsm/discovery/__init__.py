"""Discovery: what is on the network, what it is, and which asset it is.

``probe/``, ``knowledge/``, ``parsers/`` and ``wire.py`` import nothing of the application, so that the
same code runs in a worker, at a remote site and on the command line without a database. The room's doors are added
by :mod:`itsm.discovery.registration`.
"""
