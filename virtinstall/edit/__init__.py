"""The changes of virt-xml to the XML of an existing guest."""
