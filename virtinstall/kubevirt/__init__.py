"""The KubeVirt manifests of guests, mapped from the request, without libvirt and without XML completed by a host."""
