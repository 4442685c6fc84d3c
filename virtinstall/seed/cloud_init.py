"""`--cloud-init`: the configuration of a cloud image's first boot, as the files of a NoCloud seed.

Source: https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html, .../reference/modules.html (users,
chpasswd, runcmd), .../reference/network-config-format-v2.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError
from virtinstall.seed.login import NAMES, check_name
from virtinstall.seed.password import ReadFile, first_line, hash_password, new_password
from virtinstall.seed.user_data import doubts
from virtinstall.xml.kinds import parse_switch

if TYPE_CHECKING:
    from virtinstall.seed.host_key import HostKey
    from virtinstall.seed.static_address import StaticAddress

_WHOLE_FILES = ("user-data", "meta-data", "network-config")
_INTO_USER_DATA = (
    "root-password-generate",
    "root-password-file",
    "disable",
    "root-ssh-key",
    "clouduser-password-generate",
    "clouduser-password-file",
    "clouduser-ssh-key",
    "user",
    "user-password-generate",
    "user-password-file",
    "user-ssh-key",
    "packages",
    "run",
)
# each of these may enable a login
_LOGINS = (
    "root-password-file",
    "root-ssh-key",
    "clouduser-password-file",
    "clouduser-ssh-key",
    "user",
    "user-data",
)
_ACCOUNTS = ("root", "clouduser", "user")
DEFAULT_ACCOUNT = "the image's default account"
"""Placeholder for the name of the image's default account; only the image contains this name."""
_INTO_NETWORK_CONFIG = ("address", "gateway", "nameservers")


@dataclass(frozen=True)
class User:
    """A user account in the guest.

    `password_hash` is None if the account has no password. `keys` are public SSH keys.
    """

    name: str
    password_hash: str | None = field(default=None, repr=False)
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class CloudInitRequest:
    """The requested cloud-init configuration, with the contents of files, and with hashes of passwords.

    `generated_passwords` are tuples (account, password) with passwords in clear text, which are shown to the user once.
    If `expire_root_password` or `expire_user_password` is true, a new password must be set at the first login.
    `default_user_keys` and `default_user_password_hash` are for the image's default account. If `disable` is true,
    cloud-init is disabled after the first boot. `user_data`, `meta_data` and `network_config` are the contents of
    files that are used unchanged; a file whose content is None is generated. `bus` is the bus of the seed's CD-ROM
    drive, or None for the default bus. If `keep` is true, the seed stays attached to the guest.
    """

    root: User = User("root")
    expire_root_password: bool = False
    expire_user_password: bool = False
    # omitted from the representation, which logs and tracebacks may show
    generated_passwords: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    default_user_keys: tuple[str, ...] = ()
    default_user_password_hash: str | None = field(default=None, repr=False)
    users: tuple[User, ...] = ()
    hostname: str | None = None
    packages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    disable: bool = False
    address: StaticAddress | None = None
    user_data: str | None = None
    meta_data: str | None = None
    network_config: str | None = None
    bus: str | None = None
    keep: bool = False
    warnings: tuple[str, ...] = ()


def from_suboptions(values: Mapping[str, str], read_file: ReadFile) -> CloudInitRequest:
    """Return the configuration that `values`, the sub-options of --cloud-init, request.

    If `values` is empty, root receives a generated password, and cloud-init is disabled after the first boot.
    `read_file` is called with the path or URL of a file and the option's name, for messages, and returns the content of
    the file.

    Raises: RequestError, if a sub-option is invalid, sub-options contradict each other, or a file is invalid.
    """
    warnings: list[str] = []
    if not values:
        warnings.append(
            "--cloud-init without sub-options: using root-password-generate=on,disable=on, "
            "so root has a generated password and cloud-init runs only at the first boot"
        )
        values = {"root-password-generate": "on", "disable": "on"}
    values = _without_user(values)
    _check(values)
    warnings.extend(_unused(values))
    generated = {account: new_password() for account in _ACCOUNTS if _switch(values, f"{account}-password-generate")}
    if not any(values.get(key) for key in _LOGINS) and not generated:
        warnings.append(login_warning("--cloud-init"))
    hashes = {account: _password_hash(values, account, generated, read_file) for account in _ACCOUNTS}
    root_keys = _keys(values, "root-ssh-key", read_file)
    whole = {name: _whole(values, name, read_file) for name in _WHOLE_FILES}
    warnings.extend(
        f"--cloud-init {name}={_shown(values[name])}: {doubt}"
        for name, text in whole.items()
        if text is not None
        for doubt in doubts(name, text)
    )
    return CloudInitRequest(
        root=User("root", hashes["root"], root_keys),
        expire_root_password="root" in generated,
        expire_user_password="user" in generated,
        generated_passwords=tuple(
            ({"clouduser": DEFAULT_ACCOUNT, "user": values.get("user", "")}.get(account, account), password)
            for account, password in generated.items()
        ),
        default_user_keys=_keys(values, "clouduser-ssh-key", read_file),
        default_user_password_hash=hashes["clouduser"],
        users=_users(values, hashes["user"], read_file),
        hostname=values.get("hostname"),
        packages=_list(values, "packages", ","),
        commands=_list(values, "run", ";"),
        disable=_switch(values, "disable"),
        address=_address(values),
        user_data=whole["user-data"],
        meta_data=whole["meta-data"],
        network_config=whole["network-config"],
        bus=values.get("bus"),
        keep=_switch(values, "keep"),
        warnings=tuple(warnings),
    )


def seed_files(
    request: CloudInitRequest,
    hostname: str,
    instance_id: str,
    mac: str,
    host_key: HostKey | None = None,
    network: Mapping[str, Any] | None = None,
) -> dict[str, bytes]:
    """Return the contents of the files in the NoCloud seed, by file name.

    `hostname` is used if the request contains no host name. `instance_id` must be different for each guest, because
    cloud-init configures a guest again if the ID changes. `mac` is the MAC address of the interface that receives the
    static addresses in `request.address`. `host_key` becomes the SSH server's only host key; if `host_key` is None, the
    guest generates its host keys. `network` is the network configuration, or None if no interface has a fixed address.
    """
    name = request.hostname or hostname
    meta = request.meta_data
    if meta is None:
        meta = _yaml({"instance-id": instance_id, "local-hostname": name})
    user = request.user_data
    if user is None:
        user = "#cloud-config\n" + _yaml(_user_data(request, host_key))
    files = {"meta-data": meta, "user-data": user}
    if request.network_config is not None:
        files["network-config"] = request.network_config
    elif network is not None:
        files["network-config"] = _yaml(network)
    elif request.address is not None:
        files["network-config"] = _yaml(request.address.network_config(mac))
    return {name: text.encode() for name, text in files.items()}


def _user_data(request: CloudInitRequest, host_key: HostKey | None) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if host_key is not None:
        config["ssh_keys"] = host_key.cloud_config()
    if request.hostname is not None:
        config["hostname"] = request.hostname
        config["preserve_hostname"] = False
    if request.root.password_hash is not None and request.default_user_password_hash is None:
        # `users`, the newer form, is not supported by cloud-init before 22.3, which is widely used
        config["chpasswd"] = {
            "list": f"root:{request.root.password_hash}\n",
            "expire": request.expire_root_password,
        }
    users: list[Any] = []
    if request.root.keys:
        users.append({"name": "root", "ssh_authorized_keys": list(request.root.keys)})
        # images set it; then a key that root shares with the image's user only prints the name of the account to use
        config["disable_root"] = False
    users.extend(_account(user) for user in request.users)
    if users:
        # a list of users replaces the image's default user, which must be listed to be kept
        config["users"] = ["default", *users]
    if request.default_user_keys:
        config["ssh_authorized_keys"] = list(request.default_user_keys)
    if request.default_user_password_hash is not None:
        config["password"] = request.default_user_password_hash
        config["chpasswd"] = {"expire": False}
        config["ssh_pwauth"] = True
    if any(user.password_hash is not None and not user.keys for user in request.users):
        config["ssh_pwauth"] = True
    if request.packages:
        config["package_update"] = True
        config["packages"] = list(request.packages)
    if commands := _commands(request):
        config["runcmd"] = commands
    return config


def _commands(request: CloudInitRequest) -> list[Any]:
    """Return the commands, the user's last, because cloud-init reports only a failure of the last command."""
    commands: list[Any] = []
    if request.root.password_hash is not None and request.default_user_password_hash is not None:
        # cloud-init ignores `password`, which is for the image's default account, if there is a list of passwords
        commands.append(["usermod", "--password", request.root.password_hash, "root"])
    # cloud-init before 22.3 does not expire passwords that were specified as a hash
    if request.expire_root_password:
        commands.append(["passwd", "--expire", "root"])
    if request.expire_user_password:
        commands.extend(["passwd", "--expire", user.name] for user in request.users)
    if request.disable:
        # this counts from the next boot
        commands.append("echo 'Disabled by virt-install' > /etc/cloud/cloud-init.disabled")
    return [*commands, *request.commands]


def _account(user: User) -> dict[str, Any]:
    account: dict[str, Any] = {"name": user.name, "shell": "/bin/bash"}
    if user.password_hash is None:
        account.update({"lock_passwd": True, "sudo": "ALL=(ALL) NOPASSWD:ALL"})
    else:
        account.update({"lock_passwd": False, "passwd": user.password_hash, "sudo": "ALL=(ALL) ALL"})
    if user.keys:
        account["ssh_authorized_keys"] = list(user.keys)
    return account


def _yaml(content: Mapping[str, Any]) -> str:
    import yaml

    # long values stay on one line: a key broken over two lines is hard to compare by eye
    return str(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=1 << 16))


def _without_user(values: Mapping[str, str]) -> Mapping[str, str]:
    """Return the values; without `user=`, the sub-options of that user apply to the image's default user."""
    if "user" in values:
        return values
    return {f"cloud{key}" if f"cloud{key}" in _INTO_USER_DATA else key: value for key, value in values.items()}


def _check(values: Mapping[str, str]) -> None:
    for account in _ACCOUNTS:
        if _switch(values, f"{account}-password-generate") and f"{account}-password-file" in values:
            raise RequestError(
                f"--cloud-init {account}-password-generate= and {account}-password-file= cannot be used together",
                hint="omit one of them",
            )
    for key in NAMES:
        value = values.get(key)
        if value is not None:
            check_name(key, value, "--cloud-init ")
    generate = _switch(values, "user-password-generate")
    if "user" in values and not (generate or "user-password-file" in values or "user-ssh-key" in values):
        raise RequestError(
            f"--cloud-init user={values['user']}: the user would have no way to log in",
            hint="add user-ssh-key=FILE, user-password-file=FILE or user-password-generate=on",
        )


def can_log_in(request: CloudInitRequest) -> bool:
    """Return whether the seed for `request` may make it possible to log in to the guest."""
    accounts = (request.root, *request.users)
    by_account = any(user.password_hash is not None or user.keys for user in accounts)
    return bool(by_account or request.default_user_keys or request.user_data is not None)


def login_warning(where: str) -> str:
    """Return the warning that a seed sets up no login; the warning starts with `where`, such as `--cloud-init`."""
    return f"{where} sets no password or SSH key: login is possible only if the image has one"


def _unused(values: Mapping[str, str]) -> list[str]:
    """Return warnings about sub-options that a complete file overrides."""
    warnings = []
    for whole, parts in (("user-data", _INTO_USER_DATA), ("network-config", _INTO_NETWORK_CONFIG)):
        unused = [part for part in parts if values.get(part, "no").lower() not in ("no", "off")]
        if whole in values and unused:
            names = ", ".join(f"{part}=" for part in unused)
            warnings.append(f"--cloud-init {whole}= is used unchanged, so these sub-options are ignored: {names}")
    return warnings


def _switch(values: Mapping[str, str], key: str) -> bool:
    try:
        return parse_switch(values.get(key) or "no")
    except ValueError as error:
        raise RequestError(f"--cloud-init {key}={values[key]}: {error}", hint=f"use {key}=on or {key}=off") from error


def _list(values: Mapping[str, str], key: str, separator: str) -> tuple[str, ...]:
    parts = (part.strip() for part in values.get(key, "").split(separator))
    return tuple(part for part in parts if part)


def _shown(source: str) -> str:
    """Return a path unchanged, or an address without secret parts."""
    from virtinstall.media.fetcher import display_url

    return display_url(source) if "://" in source else source


def _whole(values: Mapping[str, str], key: str, read_file: ReadFile) -> str | None:
    return read_file(values[key], f"--cloud-init {key}") if key in values else None


def _password_hash(
    values: Mapping[str, str], account: str, generated: Mapping[str, str], read_file: ReadFile
) -> str | None:
    """Return the hash of the account's password, which is generated or read from a file; None if there is none."""
    password = generated.get(account)
    key = f"{account}-password-file"
    if password is None and key in values:
        option = f"--cloud-init {key}"
        password = first_line(read_file(values[key], option), f"{option}={values[key]}")
    return None if password is None else hash_password(password)


def _keys(values: Mapping[str, str], key: str, read_file: ReadFile) -> tuple[str, ...]:
    """Return the public keys in a file, one per line."""
    if key not in values:
        return ()
    text = read_file(values[key], f"--cloud-init {key}")
    if "PRIVATE KEY-----" in text:
        raise RequestError(
            f"--cloud-init {key}={values[key]}: the file contains a private key, which must not leave this host",
            hint=f"use the public key, for example {key}={values[key]}.pub",
        )
    lines = [line.strip() for line in text.splitlines()]
    keys = tuple(line for line in lines if line and not line.startswith("#"))
    if not keys:
        raise RequestError(
            f"--cloud-init {key}={values[key]}: the file contains no public key",
            hint="use a .pub file, for example ~/.ssh/id_ed25519.pub",
        )
    return keys


def _users(values: Mapping[str, str], password_hash: str | None, read_file: ReadFile) -> tuple[User, ...]:
    name = values.get("user")
    if name is None:
        return ()
    return (User(name, password_hash, _keys(values, "user-ssh-key", read_file)),)


def _address(values: Mapping[str, str]) -> StaticAddress | None:
    from virtinstall.seed.static_address import parse_address

    if "address" not in values:
        for key in ("gateway", "nameservers"):
            if key in values:
                raise RequestError(
                    f"--cloud-init {key}= requires address=",
                    hint="add address=ADDRESS/PREFIX, for example address=192.0.2.5/24",
                )
        return None
    addresses, gateways, nameservers = (_list(values, key, ",") for key in _INTO_NETWORK_CONFIG)
    return parse_address(addresses, gateways, nameservers)
