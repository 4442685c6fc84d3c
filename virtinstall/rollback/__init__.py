"""Rollback of everything that a run created, even after the run was killed."""
