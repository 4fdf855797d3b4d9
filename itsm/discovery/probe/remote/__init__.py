"""The probe at another site: takes sealed orders, keeps what it saw through a cut, and delivers it signed.

Like the rest of the probe this imports nothing of the application. ``courier`` alone needs psycopg; everything else runs on
the standard library, and faster where ``cryptography`` can be imported.
"""
