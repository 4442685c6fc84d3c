"""Copying a guest: `virt-clone`."""
