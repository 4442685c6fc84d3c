"""Elements of other programs in a guest's <metadata>.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainSetMetadata
"""

from __future__ import annotations

from typing import Any

import libvirt

from virtinstall.libvirt_host.error_translation import UNSUPPORTED

_NONE = (libvirt.VIR_ERR_NO_DOMAIN_METADATA, *UNSUPPORTED)


def metadata(domain: Any, namespace: str) -> str | None:
    """Return, as XML, the element in `namespace` in the <metadata> of `domain`, a domain object from libvirt.

    Return None if there is no such element or the driver does not support metadata.
    """
    try:
        return str(domain.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, namespace, 0))
    except libvirt.libvirtError as error:
        if error.get_error_code() in _NONE:
            return None
        raise


def set_metadata(domain: Any, namespace: str, prefix: str, xml: str) -> bool:
    """Store an XML element in the <metadata> of the definition of `domain` and, if it is running, of the live guest.

    `prefix` is the prefix for the namespace. Return False if the driver does not support metadata, otherwise True.

    Raises: libvirtError.
    """
    flags = libvirt.VIR_DOMAIN_AFFECT_CONFIG if domain.isPersistent() else 0
    if domain.isActive():
        flags |= libvirt.VIR_DOMAIN_AFFECT_LIVE
    try:
        domain.setMetadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, xml, prefix, namespace, flags)
    except libvirt.libvirtError as error:
        if error.get_error_code() in UNSUPPORTED:
            return False
        raise
    return True
