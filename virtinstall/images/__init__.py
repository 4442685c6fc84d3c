"""Disk images by name: catalog, verification, cache, registries."""
