"""Disk images and volumes: reading, making, checking."""
