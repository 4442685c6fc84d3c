"""Measures virtinstall against another virt-install: `python -m benchmarks`."""
