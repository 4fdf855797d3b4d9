"""Measurements and torture of the real thing; each program prints its figures."""
