"""Disk images by name: catalogue, verification, cache, registries."""
