"""Comparison with virt-install 4.1.0 for generated command lines; `scripts/compare` runs it."""
