"""Disk images by name: the catalog, verification, the cache and registries."""
