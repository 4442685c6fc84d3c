"""Benchmarks of virtinstall against another virt-install: `python -m benchmarks`."""
