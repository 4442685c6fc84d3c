"""libvirt's messages without the names of error classes, and hints for errors that users cause.

Source: https://libvirt.org/html/libvirt-virterror.html for the classes.
"""

from __future__ import annotations

_CLASSES = (
    "XML error: ",
    "unsupported configuration: ",
    "internal error: ",
    "invalid argument: ",
    "operation failed: ",
    "Requested operation is not valid: ",
)
_NO_CALL = "this function is not supported by the connection driver"
# pattern of a message, and the hint, in which \1 is the first group
HINTS = (
    (r"network '(.+)' is not active", r"start it with: virsh net-start \1"),
    (r"(?i)unknown CPU (?:model|feature)", "list the models and features with: virsh domcapabilities"),
    (r"storage type 'dir' requires", "specify an image file, or, for a directory, add driver.type=fat,readonly=on"),
    (r"Unknown disk name", "use a device name such as target.dev=vda, or omit target.dev"),
    (r"io='native' needs", "add cache=none, or omit io=native"),
    (
        r"interface type='\w+' requires a 'source'",
        "specify the source: --network bridge=NAME, or --network type=direct,source=INTERFACE",
    ),
    (r"<portForward> element can only be used", "install passt and add backend.type=passt, or omit portForward"),
    (r"Cannot find '([\w.-]+)' in path", r"install \1"),
    (r"VNC password is \d+ characters", "use at most 8 characters"),
    (r"/dev/dri\b", "install a driver for the host's GPU, or omit gl=on"),
    (r"Missing source (?:host|service) attribute", "specify both: source.host=ADDRESS,source.service=PORT"),
    (r"Missing source path attribute", "add path=FILE"),
    (r"missing target information for device (\S+)", r"specify the mount tag for the guest: --filesystem \1,TAG"),
    (r"guest CIDs must be", "use cid.address=3 or higher, or --vsock default"),
    (r"missing element or attribute '\./size'", "add target.size=MIB"),
    (r"Unable to find any firmware", "list the host's firmware with: virsh domcapabilities"),
    (r"Failed to parse bitmap", "use numbers and ranges, for example: 0-3,8"),
)


def plain_message(text: str) -> str:
    """Return a message from libvirt without the error class at the start, such as `internal error: `.

    If the message reports that the driver does not support a function, the function's name is also omitted.
    """
    for name in _CLASSES:
        if text.startswith(name):
            text = text[len(name) :]
            break
    if text.startswith(_NO_CALL):
        return "not supported by libvirt's driver for this hypervisor"
    return text.removesuffix(".")


def message_hint(text: str) -> str | None:
    """Return a hint for a message from libvirt; None if there is no hint for this message."""
    import re

    found = ((re.search(pattern, text), hint) for pattern, hint in HINTS)
    return next((match.expand(hint) for match, hint in found if match is not None), None)
