"""States in which a guest is off."""

from __future__ import annotations

OFF = ("shut off", "crashed", "gone")
"""States of a guest that is off, crashed or removed."""
