"""Copy a guest: `virt-clone`."""
