"""Arithmetic and tables of drift: values in, values out."""
