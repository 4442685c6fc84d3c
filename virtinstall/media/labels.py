"""The detection of the OS from an image's label, for images newer than the OS database.

Source: the volume ids of the published images; osinfo-db's `<volume-id>` rules for earlier releases.
"""

from __future__ import annotations

import re

_ARCH = re.compile(r"x86_64|amd64|i[3-6]86|aarch64|arm64|ppc64(?:le|el)?|s390x", re.IGNORECASE)

# start of a label, and the short id with the version after it
_LABELS = (
    (r"Fedora-(?:SB|Silverblue)-ostree-*(\d{2})\b", "silverblue{}"),
    (r"fedora-coreos-\d{2}\.\d{8}\.3\.", "fedora-coreos-stable"),
    (r"fedora-coreos-\d{2}\.\d{8}\.2\.", "fedora-coreos-testing"),
    (r"fedora-coreos-\d{2}\.\d{8}\.1\.", "fedora-coreos-next"),
    (r"Fedora[-_ ](?:[A-Za-z]+[-_ ]+)*[-_ ]*(\d{1,2})\b", "fedora{}"),
    (r"RHEL-(\d{1,2})[-.](\d{1,2})\b", "rhel{}.{}"),
    (r"CentOS-Stream-(\d{1,2})\b", "centos-stream{}"),
    (r"CentOS[-_ ](\d)(?:[-_. ]|$)", "centos{}"),
    (r"AlmaLinux-(\d{1,2})[-_.]", "almalinux{}"),
    (r"Rocky-(\d{1,2})-(\d{1,2})\b", "rocky{}.{}"),
    (r"OL-?(\d{1,2})[-.](\d{1,2})\b", "ol{}.{}"),
    (r"(?:Ubuntu|Kubuntu|Xubuntu|Lubuntu|Edubuntu)(?:[-_ ][A-Za-z]+)* (\d{2}\.\d{2})\b", "ubuntu{}"),
    (r"Debian (\d{1,2})\.", "debian{}"),
    (r"d-live (\d{1,2})\.", "debian{}"),
    (r"Gentoo[-_ ]", "gentoo"),
    (r"alpine-\S+ (\d\.\d{1,2})\.", "alpinelinux{}"),
    (r"Mageia-(\d{1,2})\b", "mageia{}"),
)


def name_of_label(volume_id: str) -> str | None:
    """Return the osinfo short ID for an ISO image with this volume ID; None if the volume ID is unknown.

    The OS database may not contain the short ID, because the operating system may be newer than the database.
    """
    label = _ARCH.sub("", volume_id)
    for pattern, name in _LABELS:
        if found := re.match(pattern, label):
            return name.format(*found.groups())
    if re.match(r"opensuse|install-(?:leap|sle)|sle[sdm]?-|leap", label, re.IGNORECASE):
        from virtinstall.media.distros.suse import suse_names

        return next(iter(suse_names(volume_id)), None)
    return None
