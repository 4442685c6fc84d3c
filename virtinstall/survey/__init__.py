"""Read the host, the OS database, media, storage and networks into `Facts`."""
