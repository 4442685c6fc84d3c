"""Tests of virtinstall/lifecycle."""
