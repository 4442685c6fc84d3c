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
    """An installer of `kind` `kickstart`, `preseed`, `autoinstall`, `autoyast`, `agama` or `autounattend`.

    `file_name` is the name of the file with the answers. `in_initrd`: true if the answers are in the
    initrd's root, false if they are on a CD-ROM. `required` are the names of the answers that the installer needs.
    """

    kind: str
    profile: str
    file_name: str
    in_initrd: bool
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerTarget:
    """The properties of the guest in the answers; `disk` is the device to install on, for example `/dev/vda`."""

    hostname: str
    arch: str
    disk: str
    efi: bool = False


@dataclass(frozen=True)
class Answers:
    """The requested answers, with the contents of files. Passwords are in clear text until the seed is created.

    `language` is a locale (`en_US`), `keyboard` a layout, and `timezone` an IANA name.
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
        """The system's version as numbers; empty if the system has none (rawhide)."""
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
            f"--unattended {name}= has no effect: the installer of {self.os.short_id} does not support it"
            for name, value in unused
            if value is not None and self.installer.kind not in takers[name]
        )
        return tuple(texts)


def read_answers(
    values: Mapping[str, str], installer: Installer, os: OsRecord, login: str, read_file: ReadFile
) -> Answers:
    """Read the answers from the sub-options of --unattended; `login` is used if they do not name a user.

    Raises: RequestError, if an answer is invalid, or the installer needs one that is missing.
    """
    for name in installer.required:
        if name in ("admin-password", "user-password") and f"{name}-file" not in values:
            raise RequestError(
                f"the profile '{installer.profile}' of {os.short_id} requires --unattended {name}-file=",
                hint=f"add {name}-file=FILE; the first line of the file is the password",
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
        raise RequestError(f"--unattended user-login={given}: {why}", hint="use another name: user-login=NAME")
    return given


def _check_word(name: str, value: str) -> None:
    """Check a product key or a registration login."""
    if not value or not all(char.isascii() and (char.isalnum() or char in "._-@+") for char in value):
        raise RequestError(
            f"--unattended {name}={value}: must consist of ASCII letters, digits and . _ - @ +",
            hint="remove all other characters",
        )


def kernel_arguments(installer: Installer, version: tuple[int, ...], distro: str | None) -> tuple[str, ...]:
    """Return the kernel arguments that locate the answers."""
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
    """Return the files with the answers, by name."""
    from importlib import import_module

    make: Callable[[Answers, AnswerTarget], dict[str, str]] = import_module(
        f"virtinstall.seed.{answers.installer.kind}"
    ).answer_files
    return {name: text.encode() for name, text in make(answers, guest).items()}
