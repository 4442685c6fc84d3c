"""Validation of guests' XML by libvirt, without defining or starting a guest.

libvirt's QEMU driver parses the document and builds QEMU's command line (virConnectDomainXMLToNative). Disks, kernels,
networks and bridges need not exist. `STAND_INS` replaces elements that the driver rejects although a real run works.
`REJECTIONS` lists known errors; `start_only` marks those that do not prevent the definition of a guest.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virConnectDomainXMLToNative;
https://libvirt.org/formatdomain.html#host-device-assignment
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from virtinstall.errors import HypervisorError
from virtinstall.named import NamedTuple
from virtinstall.unlisted_values import listed_values

if TYPE_CHECKING:
    from lxml import etree

    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import Plan
    from virtinstall.request import Checks

_DISABLE = (
    "check the options, in particular --xml, or, if the guest is for another host, skip this check with: "
    "--check xml=off"
)
_LONGEST_PART = 160
"""Length of an invalid element in a message."""


class StandIn(NamedTuple):
    """A replacement for elements that libvirt's QEMU driver rejects although a real run works.

    `xpath` selects the elements. Before libvirt checks the document, `change` is called with each selected element and
    changes or removes it. `why` is the reason why libvirt rejects such elements.
    """

    name: str
    xpath: str
    change: Callable[[etree._Element], None]
    why: str


class Rejection(NamedTuple):
    """A known error that libvirt reports for a guest's XML, and a hint for the user.

    `pattern` is a regular expression that matches a part of libvirt's message. `start_only`: whether libvirt reports
    the error only when the guest is started, not when it is defined.
    """

    name: str
    pattern: str
    hint: str
    start_only: bool = False


def _remove(node: etree._Element) -> None:
    parent = node.getparent()
    assert parent is not None
    parent.remove(node)


def _use_path(node: etree._Element) -> None:
    """Replace a volume with a file (for `lun`, with a device)."""
    source = node.find("source")
    if source is None:
        return
    name = f"/{source.get('pool', '')}/{source.get('volume', '')}"
    for attribute in ("pool", "volume", "mode"):
        source.attrib.pop(attribute, "")
    is_block = node.get("device") == "lun"
    node.set("type", "block" if is_block else "file")
    source.set("dev" if is_block else "file", name)


def _use_vfio(node: etree._Element) -> None:
    from lxml import etree

    if node.find("driver") is None:
        node.insert(0, etree.Element("driver", name="vfio"))


def _use_usb_address(node: etree._Element) -> None:
    from lxml import etree

    for child in node:
        node.remove(child)
    etree.SubElement(node, "address", bus="1", device="1")


STAND_INS = (
    StandIn(
        "hostdev-interface",
        "devices/interface[@type='hostdev']",
        _remove,
        "libvirtd 9.0 crashes when it converts one: the PCI device is looked up only at a real start",
    ),
    StandIn("volume", "devices/disk[@type='volume']", _use_path, "the volume or its pool is created or started later"),
    StandIn(
        "pci-hostdev",
        "devices/hostdev[@type='pci']",
        _use_vfio,
        "the driver is chosen at a real start: invalid PCI passthrough type 'default'",
    ),
    StandIn(
        "usb-hostdev",
        "devices/hostdev[@type='usb']/source[vendor]",
        _use_usb_address,
        "the device is looked up only at a real start: missing bus/device information",
    ),
)

REJECTIONS = (
    Rejection(
        "secret",
        "no secret with matching",
        "define the secret first, for example with: virsh secret-define secret.xml",
        True,
    ),
    Rejection(
        "hugepages",
        "hugetlbfs filesystem is not mounted",
        "mount hugetlbfs on the host and restart libvirtd, or omit --memorybacking hugepages=on",
        True,
    ),
    Rejection(
        "image-format",
        "unknown driver format value",
        "specify the image's format, for example: --disk format=qcow2",
    ),
    Rejection(
        "guest-node",
        r"hugepages: node \d+ not found",
        "define the guest's NUMA nodes with --cpu numa.cell0.cpus=..., or omit nodeset= from --memorybacking",
    ),
    Rejection(
        "numa-node", r"NUMA node \d+ is unavailable", "list the host's NUMA nodes with: virsh capabilities", True
    ),
    Rejection(
        "tpm-device", "Could not open TPM device", "check that the host has the TPM device, or use --tpm emulator", True
    ),
    Rejection(
        "scsi-device",
        "/sys/bus/scsi/devices/",
        "list the host's SCSI devices with: virsh nodedev-list --cap scsi",
        True,
    ),
    Rejection(
        "shared-memory",
        "requires shared memory",
        "add --memorybacking source.type=memfd,access.mode=shared",
    ),
    Rejection(
        "passt",
        "element 'backend': 'passt'",
        "update libvirt to 9.2 or later, which passt requires, or use --network user or --network network=default",
    ),
    Rejection(
        "unknown-value",
        "Invalid value for (attribute|element)",
        "use a value that this version of libvirt supports; print the version with: virsh version",
    ),
    Rejection(
        "unknown-machine",
        "does not support machine type|No PCI buses available",
        "use another --machine; list this host's machine types with: virsh capabilities",
    ),
    Rejection(
        "spice-module",
        "spice graphics are not supported",
        "use --graphics vnc, or install QEMU's SPICE module (Debian 13: qemu-system-modules-spice)",
    ),
    Rejection(
        "qemu-lacks-it",
        "not supported (by|with|in) this (version of )?QEMU|not supported by QEMU|is not supported by the QEMU binary",
        "list what this QEMU supports with: virsh domcapabilities",
    ),
    Rejection("emulator", "Cannot check QEMU binary", "install the emulator, or correct --boot emulator="),
    Rejection("vcpus", "Maximum CPUs greater than", "reduce --vcpus, or use another --machine"),
    Rejection(
        "many-vcpus",
        "more than 255 vCPUs require",
        "use --vcpus 255 or less, or add "
        "--iommu model=intel,driver.intremap=on,driver.eim=on --features ioapic.driver=qemu",
    ),
    Rejection(
        "spice-tls",
        "TLS is disabled in qemu.conf",
        "set vnc_tls or spice_tls in /etc/libvirt/qemu.conf and restart libvirtd, or omit --graphics tlsPort=",
    ),
    Rejection(
        "no-spice",
        "not supported without spice graphics",
        "add --graphics spice (with virt-xml: --add-device --graphics spice)",
    ),
    Rejection(
        "shared-format",
        "shared access for disk .* requires use of supported storage format",
        "use a raw image, because images in other formats cannot be shared, or omit shareable= and perms=sh",
    ),
    Rejection(
        "bus-of-drive",
        "does not support ejectable media|Invalid bus type '.*' for|IDE controllers are unsupported",
        "use a bus that the machine and the drive support: sata or scsi for disks and CD-ROMs, fdc for floppies",
    ),
)


def check_accepted(
    documents: Iterable[str], host: Host, checks: Checks, *, starts: bool = True, schema: bool = False
) -> list[str]:
    """Ask libvirt whether it accepts each of `documents`, which contain guests' XML; return warnings.

    If `checks.xml` is false, errors are returned as warnings. `starts`: whether the guests are started after they are
    defined. If `starts` is false, an error that only prevents the start is returned as a warning. `schema`: whether a
    document is validated against libvirt's schema on this machine if the driver cannot check XML. The schema is not
    used if the host is a different machine.

    Raises: HypervisorError, if a document is rejected and the error is not returned as a warning.
    """
    warnings = []
    for document in dict.fromkeys(documents):
        error = rejection_of(document, host, schema=schema)
        if error is None:
            continue
        if checks.xml and (starts or not _is_start_only(error)):
            raise error
        warnings.append(f"{error.message}; {error.hint}" if checks.xml else error.message)
    return list(dict.fromkeys(warnings))


def check_plan_accepted(plan: Plan, host: Host, *, schema: bool = False) -> list[str]:
    """Ask libvirt whether it accepts each XML document of `plan`; return warnings.

    `schema` has the same meaning as in `check_accepted`.

    Raises: HypervisorError, if a document is rejected and the plan's request does not disable the check `xml`.
    """
    from virtinstall.request import Checks

    checks = Checks() if plan.request is None else plan.request.checks
    try:
        return check_accepted((plan.started.to_xml(), *plan.steps), host, checks, schema=schema)
    except HypervisorError as error:
        advice = listed_values(plan.warnings, error.message)
        if advice is not None:
            error.hint = advice
        raise


def check_change_accepted(before: str | None, after: str, host: Host, checks: Checks) -> list[str]:
    """Ask libvirt whether it accepts a changed or copied guest that is defined but not started; return warnings.

    `before` is the guest's XML before the change, or None for a new guest. `after` is the XML to check. If libvirt
    rejects both documents with the same message, the error is ignored, because the change does not cause it. An error
    that only prevents the start of the guest is returned as a warning, as is any error if `checks.xml` is false.

    Raises: HypervisorError, if libvirt rejects `after`, and the error is neither ignored nor returned as a warning.
    """
    error = rejection_of(after, host)
    if error is None:
        return []
    original = None if before is None else rejection_of(before, host)
    if original is not None and original.message == error.message:
        return []
    return check_accepted([after], host, checks, starts=False)


def rejection_of(document: str, host: Host, *, schema: bool = False) -> HypervisorError | None:
    """Return the error with which libvirt rejects `document`, including a hint; None if libvirt accepts `document`.

    If the driver cannot check XML, the result is None or, if `schema` is true, the error from the validation against
    libvirt's schema. `schema` has the same meaning as in `check_accepted`.

    Raises: HypervisorError, if the connection is lost.
    """
    try:
        if not host.check_guest_xml(with_stand_ins(document)) and schema and host.is_local():
            return _schema_error(document)
    except HypervisorError as error:
        if not host.is_alive():
            raise
        found = _known(error.message)
        hint = _DISABLE if found is None else found.hint
        return HypervisorError(error.message, hint=error.hint or hint, code=error.code)
    return None


def with_stand_ins(document: str) -> str:
    """Return `document` with the changes in `STAND_INS`, so that libvirt does not reject valid elements.

    A document that is not well-formed is returned unchanged.
    """
    from lxml import etree

    try:
        root = etree.fromstring(document.encode())
    except etree.XMLSyntaxError:
        return document
    changed = False
    for stand_in in STAND_INS:
        for node in root.findall(stand_in.xpath):
            stand_in.change(node)
            changed = True
    return etree.tostring(root, encoding="unicode") if changed else document


def _is_start_only(error: HypervisorError) -> bool:
    found = _known(error.message)
    return found is not None and found.start_only


def _known(message: str) -> Rejection | None:
    return next((each for each in REJECTIONS if re.search(each.pattern, message)), None)


def _schema_error(document: str) -> HypervisorError | None:
    """Return the error that the installed schema reports for `document`; None if it is valid or there is no schema."""
    from lxml import etree

    from virtinstall.xml.schema_cache import find_schema

    path = find_schema(os.environ)
    if path is None:
        return None
    try:
        schema = etree.RelaxNG(file=path)
    except (etree.RelaxNGParseError, etree.XMLSyntaxError):
        return None
    root = etree.fromstring(document.encode())
    if schema.validate(root):
        return None
    why = next((entry.message for entry in schema.error_log), "it is not valid")
    cause = _invalid_part(root, schema)
    if cause is not None:
        why = f"invalid {cause}"
    return HypervisorError(f"the guest's XML does not match libvirt's schema: {why}", hint=_DISABLE)


def _invalid_part(root: etree._Element, schema: etree.RelaxNG) -> str | None:
    """Return the element without which `root` is valid, as text without secrets; None if there are several errors.

    libxml2's messages name only the parent: `Extra element devices in interleave`.
    """
    from lxml import etree

    from virtinstall.redact import redacted

    for node in [*root.iterfind("./devices/*"), *root.iterfind("./*")]:
        parent = node.getparent()
        assert parent is not None
        place = parent.index(node)
        parent.remove(node)
        is_cause = schema.validate(root)
        parent.insert(place, node)
        if is_cause and parent is root:
            return f"<{etree.QName(node).localname}>"
        if is_cause:
            text = etree.tostring(node, encoding="unicode", with_tail=False)
            return redacted(" ".join(text.split()))[:_LONGEST_PART]
    return None
