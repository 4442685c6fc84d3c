"""virt-xml: changes to the XML of a guest that exists; pure, but for `added.py`, which surveys the host."""
