"""States of guests, as libvirt and virsh name them."""

from __future__ import annotations

OFF = ("shut off", "crashed", "gone")
"""States of a guest that does not run."""
