"""Tests of the shell completion."""
