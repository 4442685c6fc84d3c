"""Disk images and volumes: reading, creating, checking."""
