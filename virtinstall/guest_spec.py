"""The class `GuestSpec`, with which a script describes a guest to create.

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
    """The description of a guest to create.

    `domain` contains the requested XML values; all other values get defaults. `domain` must be None if `install` is a
    `Reinstall`; otherwise, it is required. `install` is the installation method. `os` is the name of an operating
    system in the OS database, such as `debian12`. If `os` is None, the operating system is detected from the install
    medium; if that fails, a modern Linux is assumed. `without` contains the types of default devices to omit, such as
    `interface`, `graphics` or `rng`. `autostart`: whether the guest starts when the host boots. `transient`: whether
    the guest has no definition, and therefore no longer exists when it is off. `start_installed`: whether the guest is
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
        """Check that `domain` is set, or is None for a `Reinstall`, and that `os` and `without` are valid.

        Raises: RequestError, if `domain` is missing or not allowed, or if a value is invalid.
        """
        from virtinstall.devices import DEVICE_TAGS
        from virtinstall.similar import did_you_mean

        if (self.domain is None) != isinstance(self.install, Reinstall):
            raise RequestError(
                "GuestSpec: 'domain' is missing"
                if self.domain is None
                else "GuestSpec: 'domain' is not allowed with Reinstall, which keeps the guest's configuration"
            )
        if self.os is not None and not self.os.strip():
            raise RequestError("GuestSpec: 'os' is empty", hint="omit 'os', or use a name, for example: os='debian12'")
        for tag in self.without:
            if tag not in DEVICE_TAGS:
                raise RequestError(
                    f"GuestSpec: 'without' contains {tag!r}, which is not a device type",
                    hint=did_you_mean(tag, DEVICE_TAGS, f"use one of: {', '.join(DEVICE_TAGS)}"),
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

        No hypervisor is contacted. `drop` contains the names of settings to omit because KubeVirt does not support
        them, such as `graphics` or `disk.snapshot`. `namespace`, `run_strategy`, `instancetype`, `preference` and
        `devices` have the same meaning as the `--kubevirt-...` options of virt-install; a parameter that is None or
        empty has no effect.

        Raises: RequestError, if KubeVirt does not support the guest; the message names all unsupported settings.
        RequestError is also raised if a password is generated, because the manifests would contain only its hash.
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
                hint="set a password, for example: CloudInit(root_password=...)",
            )
        return list(found.documents)
