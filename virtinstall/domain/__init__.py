"""One file per section of libvirt's domain XML."""
