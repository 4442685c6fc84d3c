"""All that is asked of libvirt and of the machine it runs on."""
