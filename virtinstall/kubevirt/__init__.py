"""KubeVirt manifests of guests, mapped from the request: no libvirt, no domain XML that a host has completed."""
