"""Arithmetic and tables of tickets: values in, values or a refusal out."""
