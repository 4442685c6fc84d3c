"""One file per device tag of libvirt's domain XML."""
