"""Undo of everything a run created, also after the run was killed."""
