"""Decisions about everything that a request does not specify, without side effects."""
