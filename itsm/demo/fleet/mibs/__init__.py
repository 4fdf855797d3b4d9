"""Builders of MIB rows: each turns a device's facts into objects of one family of standard or vendor MIBs."""
