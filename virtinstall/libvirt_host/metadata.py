"""Elements of other programs in a guest's <metadata>.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainSetMetadata
"""

from __future__ import annotations

from typing import Any

import libvirt

from virtinstall.libvirt_host.error_translation import UNSUPPORTED

_NONE = (libvirt.VIR_ERR_NO_DOMAIN_METADATA, *UNSUPPORTED)


def metadata(domain: Any, namespace: str) -> str | None:
    """Return the XML of the element with the XML namespace `namespace` in a guest's <metadata>.

    `domain` is the guest's domain object from libvirt. Return None if there is no such element or the driver does not
    support metadata.
    """
    try:
        return str(domain.metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, namespace, 0))
    except libvirt.libvirtError as error:
        if error.get_error_code() in _NONE:
            return None
        raise


def set_metadata(domain: Any, namespace: str, prefix: str, xml: str) -> bool:
    """Store the XML element `xml` in a guest's <metadata>.

    The element is stored in the guest's definition and, if the guest is active, in the active guest. `domain` is the
    guest's domain object from libvirt, `namespace` is the element's XML namespace, and `prefix` the prefix for this
    namespace. Return False if the driver does not support metadata, otherwise True.

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
