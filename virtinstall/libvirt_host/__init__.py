"""The connection to libvirt: the `Host` protocol and its implementation."""
