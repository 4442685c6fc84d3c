"""Changes of virt-xml to the XML of an existing guest; pure, except for `added.py`, which surveys the host."""
