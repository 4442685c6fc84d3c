"""`--unattended`: the answers for the installer, regardless of its kind.

Source: osinfo-db's install scripts define the installer of a system and the answers that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.seed.password import ReadFile, first_line

if TYPE_CHECKING:
    from virtinstall.osinfo.record import OsRecord

CDROM_LABELS = {
    "kickstart": "OEMDRV",
    "autoyast": "OEMDRV",
    "agama": "OEMDRV",
    "autoinstall": "CIDATA",
    "autounattend": "UNATTEND",
}
_KEY_INSTALLERS = ("autounattend", "autoyast", "agama")
_FALLBACK_LOGIN = "user"


@dataclass(frozen=True)
class Installer:
    """An installer that reads answers from a file.

    `kind` is `kickstart`, `preseed`, `autoinstall`, `autoyast`, `agama` or `autounattend`. `profile` is the name of the
    profile, such as `desktop`. `file_name` is the name of the file with the answers. `in_initrd` is true if this file
    is in the root directory of the initrd instead of on a CD-ROM. `required` are the names of the answers that the
    installer needs, such as `admin-password`.
    """

    kind: str
    profile: str
    file_name: str
    in_initrd: bool
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerTarget:
    """The properties of the guest that the answers refer to.

    `arch` is the architecture, such as `x86_64`. `disk` is the device to install on, such as `/dev/vda`. `efi` is
    true if the guest boots from UEFI firmware.
    """

    hostname: str
    arch: str
    disk: str
    efi: bool = False


@dataclass(frozen=True)
class Answers:
    """The requested answers, including the contents of the specified files.

    Passwords are in clear text until the seed is created. Passwords, `product_key` and `reg_login` (the user name for
    the registration) are None if they are not specified. `language` is a locale, such as `en_US`. `keyboard` is a
    keyboard layout, such as `us`. `timezone` is a name from the IANA time zone database. `install_url` is the URL of
    the install tree, or None if the packages are on the medium. `driver_folder` is the directory with Windows drivers
    on the medium that contains the answers, or None if there are no drivers.
    """

    installer: Installer
    os: OsRecord
    user_login: str
    # omitted from the representation, which logs and tracebacks may show
    admin_password: str | None = field(default=None, repr=False)
    user_password: str | None = field(default=None, repr=False)
    product_key: str | None = field(default=None, repr=False)
    reg_login: str | None = None
    language: str = "en_US"
    keyboard: str = "us"
    timezone: str = "UTC"
    install_url: str | None = None
    # folder on the medium with the answers
    driver_folder: str | None = None

    @property
    def is_desktop(self) -> bool:
        """Whether a graphical desktop is requested."""
        return self.installer.profile == "desktop"

    @property
    def os_version(self) -> tuple[int, ...]:
        """The version of the guest's operating system as numbers; an empty tuple if there is none, as for Rawhide."""
        # the OS database uses `8-unknown` for an unknown release of RHEL 8
        parts = (self.os.version or "").partition("-")[0].split(".")
        return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings to show before the installation."""
        texts = []
        if self.admin_password is None and self.user_password is None:
            texts.append(
                "--unattended sets no password, so logging in to the installed system may be impossible; "
                "add admin-password-file=FILE or user-password-file=FILE"
            )
        unused = (("product-key", self.product_key), ("reg-login", self.reg_login))
        takers = {"product-key": _KEY_INSTALLERS, "reg-login": _KEY_INSTALLERS[1:]}
        texts.extend(
            f"--unattended {name}= has no effect: the installer for {self.os.short_id} does not support it"
            for name, value in unused
            if value is not None and self.installer.kind not in takers[name]
        )
        return tuple(texts)


def read_answers(
    values: Mapping[str, str], installer: Installer, os: OsRecord, login: str, read_file: ReadFile
) -> Answers:
    """Return the answers in `values`, the sub-options of --unattended.

    If `values` contains no user name, `login` is used, or the name "user" if the installer rejects `login`. `read_file`
    is called with the path of a file and the option's name, for messages, and returns the content of the file.

    Raises: RequestError, if an answer is invalid, or if an answer that the installer requires is missing.
    """
    for name in installer.required:
        if name in ("admin-password", "user-password") and f"{name}-file" not in values:
            raise RequestError(
                f"the profile '{installer.profile}' for {os.short_id} requires --unattended {name}-file=",
                hint=f"write the password on the first line of a file, and add {name}-file=FILE",
            )
    user = _login(values.get("user-login"), login, installer.kind)
    passwords = {}
    for name in ("admin-password", "user-password"):
        option, path = f"--unattended {name}-file", values.get(f"{name}-file")
        passwords[name] = None if path is None else first_line(read_file(path, option), f"{option}={path}")
    for name in ("product-key", "reg-login"):
        if name in values:
            _check_word(name, values[name])
    return Answers(
        installer=installer,
        os=os,
        user_login=user,
        admin_password=passwords["admin-password"],
        user_password=passwords["user-password"],
        product_key=values.get("product-key"),
        reg_login=values.get("reg-login"),
    )


def _login(given: str | None, default: str, kind: str) -> str:
    from virtinstall.seed.login import refusal_reason

    if not given:
        # who runs the command did not choose the name, so another one is used
        return default if refusal_reason(default, kind) is None else _FALLBACK_LOGIN
    why = refusal_reason(given, kind)
    if why is not None:
        raise RequestError(
            f"--unattended user-login={given}: {why}",
            hint=f"use another name, for example: user-login={_FALLBACK_LOGIN}",
        )
    return given


def _check_word(name: str, value: str) -> None:
    """Check a product key or a registration login."""
    if not value:
        raise RequestError(f"--unattended {name}= must not be empty", hint=f"specify a value, or omit {name}=")
    if not all(char.isascii() and (char.isalnum() or char in "._-@+") for char in value):
        raise RequestError(
            f"--unattended {name}={value}: the value may contain only ASCII letters, digits, periods, underscores, "
            "hyphens, at signs and plus signs",
            hint=f"correct the value, or omit {name}=",
        )


def kernel_arguments(installer: Installer, version: tuple[int, ...], distro: str | None) -> tuple[str, ...]:
    """Return the kernel arguments that make the installer read the answers; an empty tuple if no argument is needed.

    `version` is the version of the operating system as numbers, and `distro` is its distribution, such as `fedora`,
    or None if it is unknown.
    """
    name = installer.file_name
    if installer.kind == "kickstart":
        # anaconda of Fedora 34, RHEL 9 and later accepts only options that begin with `inst.`; the first RHEL 7 accepts
        # both
        since = 34 if distro == "fedora" else 9
        option = "ks" if version and version[0] < since else "inst.ks"
        return (f"{option}=file:/{name}",) if installer.in_initrd else (f"{option}=hd:LABEL=OEMDRV:/{name}",)
    if installer.kind == "autoyast":
        return (f"autoyast=file:///{name}" if installer.in_initrd else f"autoyast=label://OEMDRV/{name}",)
    if installer.kind == "preseed":
        return ("auto=true", "priority=critical")
    if installer.kind == "autoinstall":
        return ("autoinstall",)
    if installer.kind == "agama":
        return (f"inst.auto=label://OEMDRV/{name}",)
    return ()


def answer_files(answers: Answers, guest: AnswerTarget) -> dict[str, bytes]:
    """Return the contents of the files with the answers, by file name."""
    from importlib import import_module

    make: Callable[[Answers, AnswerTarget], dict[str, str]] = import_module(
        f"virtinstall.seed.{answers.installer.kind}"
    ).answer_files
    return {name: text.encode() for name, text in make(answers, guest).items()}
