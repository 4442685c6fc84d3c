"""The copying of guests: `virt-clone`."""
