"""`GuestSpec`: a guest described by a script, in types that cannot contradict each other.

    GuestSpec(
        Domain(name="web", memory_kib=2 * GIB // KIB, vcpu=2, devices=[Disk(size_bytes=20 * GIB)]),
        install=CloudImage(CloudInit(hostname="web", users=[User("anna", ssh_keys=[key])])),
        os="debian12",
    )

The installation method is one of `Tree`, `Iso`, `Pxe`, `CloudImage`, `Kernel`, `Existing`, `Reinstall`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError
from virtinstall.record import Record, field
from virtinstall.request import Checks, KubevirtRequest
from virtinstall.spec import Existing, Install, Reinstall

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain


class GuestSpec(Record):
    """A guest to create.

    `domain` contains the requested XML values; the others get defaults. `os` is a name in the OS database (`debian12`);
    if it is None, the system is detected on the install medium, or a modern Linux is assumed. `without` contains kinds
    of devices that are not added by default (`interface`, `graphics`, `rng`, ...). `start_installed`: the guest is
    started after its installation. `checks` are the enabled checks.
    """

    domain: Domain | None = field(default=None, kw_only=False)
    install: Install = Existing()
    os: str | None = None
    without: Sequence[str] | frozenset[str] = ()
    autostart: bool = False
    transient: bool = False
    start_installed: bool = True
    checks: Checks = Checks()

    def validate(self) -> None:
        """Require a domain, except for a reinstallation, and valid values of `os` and `without`.

        Raises: RequestError.
        """
        from virtinstall.devices import DEVICE_TAGS

        if (self.domain is None) != isinstance(self.install, Reinstall):
            raise RequestError(
                "GuestSpec: domain is missing"
                if self.domain is None
                else "GuestSpec: domain is not allowed with Reinstall, which keeps the guest's configuration"
            )
        if self.os is not None and not self.os.strip():
            raise RequestError("GuestSpec: os is empty", hint='use a name such as os="debian12", or omit os')
        for tag in self.without:
            if tag not in DEVICE_TAGS:
                raise RequestError(
                    f"GuestSpec: without contains {tag!r}, which is not a device", hint=f"use {', '.join(DEVICE_TAGS)}"
                )

    def to_kubevirt(
        self,
        *,
        drop: Sequence[str] = (),
        namespace: str | None = None,
        run_strategy: str | None = None,
        instancetype: str | None = None,
        preference: str | None = None,
        devices: Sequence[str] = (),
    ) -> list[dict[str, Any]]:
        """Return KubeVirt manifests: Secrets, a VirtualMachine, and a Service if ports are forwarded.

        Nothing is changed, and no hypervisor is contacted. `drop` are options that are omitted: `graphics`,
        `disk.snapshot`. The other parameters correspond to the options `--kubevirt-...` of virt-install; None omits
        the option.

        Raises: RequestError, which names everything that KubeVirt does not support, or if a password is generated,
        because the manifests would contain only its hash.
        """
        from virtinstall.kubevirt.manifests import manifests
        from virtinstall.spec_request import request_of

        options = KubevirtRequest(
            drop=tuple(drop),
            namespace=namespace,
            run_strategy=run_strategy,
            instancetype=instancetype,
            preference=preference,
            devices=tuple(devices),
        )
        found = manifests(request_of(self).replace(kubevirt=options))
        if found.passwords:
            raise RequestError(
                "GuestSpec.to_kubevirt: a generated password would be lost, because the manifests contain only "
                "its hash",
                hint="set the password: CloudInit(root_password=...)",
            )
        return list(found.documents)
