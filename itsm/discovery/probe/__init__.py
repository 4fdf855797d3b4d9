"""The probe: sweeps address ranges and reads devices over SNMP and SSH, without the application.

Imports only the standard library, pysnmp, paramiko, icmplib and this package's neighbours ``wire`` and
``facts``, so that the same code runs in a worker, at another site and on the command line.
"""
