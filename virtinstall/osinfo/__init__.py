"""Facts about operating systems, read from osinfo-db's XML."""
