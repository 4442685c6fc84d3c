"""Conversion of a script's `GuestSpec` to a `Request`, to which command lines are converted as well."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from virtinstall.domain.domain import Domain
from virtinstall.errors import FieldError
from virtinstall.request import (
    TYPED,
    Checks,
    InstallRequest,
    LocationRequest,
    OsRequest,
    PlatformRequest,
    Request,
    RunOptions,
)
from virtinstall.secret import Secret
from virtinstall.seed.cloud_init import CloudInitRequest, can_log_in, login_warning
from virtinstall.seed.cloud_init import User as Account
from virtinstall.seed.login import check_keys
from virtinstall.seed.password import hash_password, new_password
from virtinstall.spec import (
    CloudImage,
    CloudInit,
    Existing,
    Ignition,
    Install,
    Iso,
    Kernel,
    Pxe,
    Reinstall,
    Tree,
    Unattended,
    User,
)
from virtinstall.xml.absolute_paths import make_paths_absolute


class Spec(Protocol):
    """An object with the fields of `virtinstall.guest_spec.GuestSpec`."""

    @property
    def domain(self) -> Domain | None:
        """The requested XML values; None for a reinstallation."""

    @property
    def install(self) -> Install:
        """The installation method."""

    @property
    def os(self) -> str | None:
        """The name of the operating system; None if it is not specified."""

    @property
    def without(self) -> Sequence[str] | frozenset[str]:
        """The types of default devices to omit, such as `graphics`."""

    @property
    def autostart(self) -> bool:
        """Whether the guest starts when its host boots."""

    @property
    def transient(self) -> bool:
        """Whether the guest runs without a definition, so that it no longer exists when it is off."""

    @property
    def start_installed(self) -> bool:
        """Whether the guest is started after its installation."""

    @property
    def checks(self) -> Checks:
        """The enabled checks."""


def request_of(spec: Spec) -> Request:
    """Return the request that `spec` describes, with absolute paths in place of relative ones.

    Raises: RequestError, if a value is invalid.
    """
    domain = Domain() if spec.domain is None else spec.domain.clone()
    make_paths_absolute([domain, domain.os, *domain.devices])
    return Request(
        domain=domain,
        install=install_request(spec.install),
        os=OsRequest(values=None if spec.os is None else {"name": spec.os}),
        platform=PlatformRequest(),
        checks=spec.checks,
        run=RunOptions(
            autostart=spec.autostart,
            transient=spec.transient,
            autoconsole="none",
            noreboot=not spec.start_installed,
            wait_minutes=-1,
        ),
        without=frozenset(spec.without),
        by_script=True,
    )


def install_request(install: Install) -> InstallRequest:
    """Return the request for an installation method.

    Raises: RequestError, if a value of the method is invalid.
    """
    match install:
        case Reinstall():
            return install_request(install.method).replace(reinstall=install.name)
        case Tree():
            request = InstallRequest(
                location=LocationRequest(
                    location=os.fspath(install.location), kernel=install.kernel, initrd=install.initrd
                ),
                extra_args=tuple(install.extra_args),
                initrd_inject=tuple(os.path.abspath(path) for path in install.initrd_inject),
            )
            return _with_answers(request, install.unattended)
        case Iso():
            request = InstallRequest(cdrom=_location(install.path), live_cdrom=install.live)
            return _with_answers(request, install.unattended)
        case Pxe():
            return InstallRequest(pxe=True)
        case CloudImage():
            return _with_seed(InstallRequest(boot_disk=True), install.seed)
        case Kernel():
            return InstallRequest(
                kernel=_location(install.kernel),
                initrd=None if install.initrd is None else _location(install.initrd),
                kernel_args=install.args,
                kernel_args_overwrite=install.replace_args,
            )
        case Existing():
            return InstallRequest(boot_disk=True)


def _location(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path)
    return text if "://" in text else os.path.abspath(text)


def _with_answers(request: InstallRequest, unattended: Unattended | None) -> InstallRequest:
    if unattended is None:
        return request
    plain = {"profile": unattended.profile, "user-login": unattended.user_login, "product-key": unattended.product_key}
    plain["reg-login"] = unattended.subscription_login
    values = {key: value for key, value in plain.items() if value is not None}
    typed: dict[str, str] = {}
    passwords = {"admin-password-file": unattended.admin_password, "user-password-file": unattended.user_password}
    for key, password in passwords.items():
        if password is not None:
            values[key] = TYPED
            typed[f"--unattended {key}"] = Secret(password)
    if not unattended.drivers:
        values["drivers"] = "no"
    return request.replace(unattended=values, typed=typed)


def _with_seed(request: InstallRequest, seed: CloudInit | Ignition | None) -> InstallRequest:
    if seed is None:
        return request
    if isinstance(seed, CloudInit):
        return request.replace(cloud_init=_cloud_init(seed))
    if seed.source is not None:
        return request.replace(ignition=_location(seed.source))
    if isinstance(seed.config, str):
        return request.replace(ignition=TYPED, typed={"--ignition": Secret(seed.config)})
    import json

    return request.replace(ignition=TYPED, typed={"--ignition": Secret(json.dumps(seed.config, default=_plain))})


def _plain(value: object) -> object:
    """Return `value` in a form that json can write: a read-only mapping becomes a dictionary.

    Raises: FieldError, if JSON does not support the type of `value`.
    """
    if isinstance(value, Mapping):
        return dict(value)
    raise FieldError(
        f"Ignition: 'config' contains a value of the type {type(value).__name__}, which JSON does not support"
    )


def _cloud_init(seed: CloudInit) -> CloudInitRequest:
    """Return the request for the seed, with hashed passwords.

    Raises: RequestError.
    """
    from virtinstall.seed.static_address import parse_address
    from virtinstall.seed.user_data import doubts

    generated = new_password() if seed.generate_root_password else None
    users = tuple(_account(user) for user in seed.users)
    root = Account("root", _hashed(generated or seed.root_password), check_keys("root_ssh_keys", seed.root_ssh_keys))
    whole = {"user-data": seed.user_data, "meta-data": seed.meta_data, "network-config": seed.network_config}
    warnings = [
        f"CloudInit {name}: {doubt}" for name, text in whole.items() if text is not None for doubt in doubts(name, text)
    ]
    addresses = tuple(seed.addresses), tuple(seed.gateways), tuple(seed.nameservers)
    request = CloudInitRequest(
        root=root,
        expire_root_password=generated is not None,
        generated_passwords=() if generated is None else (("root", generated),),
        default_user_keys=check_keys("ssh_keys", seed.ssh_keys),
        users=users,
        hostname=seed.hostname,
        packages=tuple(seed.packages),
        commands=tuple(seed.commands),
        disable=seed.disable,
        address=parse_address(*addresses) if seed.addresses else None,
        user_data=seed.user_data,
        meta_data=seed.meta_data,
        network_config=seed.network_config,
        bus=seed.bus,
        keep=seed.keep,
        warnings=tuple(warnings),
    )
    if not can_log_in(request):
        request = replace(request, warnings=(*request.warnings, login_warning("CloudInit")))
    return request


def _account(user: User) -> Account:
    return Account(user.name, _hashed(user.password), check_keys(f"User({user.name!r}) ssh_keys", user.ssh_keys))


def _hashed(password: str | None) -> str | None:
    return None if password is None else hash_password(password)
