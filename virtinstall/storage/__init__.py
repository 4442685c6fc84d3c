"""Disk images and volumes: their properties, creation and checks."""
