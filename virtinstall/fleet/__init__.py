"""Guests from a file: load, compare, apply, delete."""
