"""--unattended: the answers for each installer."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from lxml import etree

from virtinstall.errors import RequestError
from virtinstall.osinfo.record import OsRecord
from virtinstall.seed.answers import Answers, AnswerTarget, Installer, answer_files, kernel_arguments, read_answers
from virtinstall.seed.password import hash_password

SYSTEMS = {
    "fedora36": OsRecord(id="x", short_ids=("fedora36",), distro="fedora", version="36"),
    "fedora17": OsRecord(id="x", short_ids=("fedora17",), distro="fedora", version="17"),
    "rhel9.0": OsRecord(id="x", short_ids=("rhel9.0",), distro="rhel", version="9.0"),
    "debian12": OsRecord(id="x", short_ids=("debian12",), distro="debian", version="12"),
    "ubuntu24.04": OsRecord(id="x", short_ids=("ubuntu24.04",), distro="ubuntu", version="24.04"),
    "sles15": OsRecord(id="x", short_ids=("sles15",), distro="sle", version="15"),
    "leap16": OsRecord(id="x", short_ids=("leap16",), distro="opensuse", version="16.0"),
    "win11": OsRecord(id="x", short_ids=("win11",), distro="win", version="11.0", family="winnt"),
}
KINDS = {
    "fedora36": ("kickstart", "fedora.ks"),
    "fedora17": ("kickstart", "fedora.ks"),
    "rhel9.0": ("kickstart", "rhel.ks"),
    "debian12": ("preseed", "preseed.cfg"),
    "ubuntu24.04": ("autoinstall", "user-data"),
    "sles15": ("autoyast", "autoinst.xml"),
    "leap16": ("agama", "autoinst.json"),
    "win11": ("autounattend", "autounattend.xml"),
}
FILES = {"/admin": "root&<'secret\nx\n", "/user": "user secret\n"}
PASSWORDS = {"admin-password-file": "/admin", "user-password-file": "/user", "user-login": "ada"}


def read_file(source: str, option: str) -> str:
    """Return the content of one of the files above."""
    assert option.startswith("--")
    return FILES[source]


def answers(system: str, values: dict[str, str], profile: str = "jeos", required: tuple[str, ...] = ()) -> Answers:
    """Return the answers for one of the systems above."""
    kind, name = KINDS[system]
    in_initrd = kind in ("kickstart", "preseed", "autoyast")
    installer = Installer(kind, profile, name, in_initrd, required)
    return read_answers(values, installer, SYSTEMS[system], "me", read_file)


def written(system: str, values: dict[str, str] = PASSWORDS, profile: str = "jeos", *, efi: bool = False) -> str:
    """Return the text of the answers."""
    guest = AnswerTarget("web-1", "x86_64", "/dev/vda", efi)
    files = answer_files(answers(system, values, profile), guest)
    return files[KINDS[system][1]].decode()


def is_hash_of(password: str, hashed: str) -> bool:
    """Return whether `hashed` is a hash of the password."""
    return hash_password(password, hashed.split("$")[2]) == hashed


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("profile", ["jeos", "desktop"])
def test_no_password_is_in_clear(system: str, profile: str) -> None:
    """No password is in the answers of any installer, or in the text of a traceback."""
    assert "secret" not in repr(answers(system, PASSWORDS, profile))
    text = written(system, PASSWORDS, profile)
    assert "secret" not in text
    assert "ada" in text and "web-1" in text


def test_kickstart_has_packages_accounts_and_a_disk() -> None:
    """Passwords are hashed, and sections are closed."""
    lines = written("fedora36").splitlines()
    (root,) = [line for line in lines if line.startswith("rootpw")]
    assert is_hash_of("root&<'secret", root.split()[-1])
    assert "ignoredisk --only-use=vda" in lines and "@core" in lines and lines[-1] == "%end"
    assert "xconfig --startxonboot" not in lines and "xconfig --startxonboot" in written("fedora36", profile="desktop")


def test_kickstart_without_passwords_locks_root() -> None:
    """A warning is printed in advance."""
    assert "rootpw --iscrypted !" in written("fedora36", {}).splitlines()
    assert "logging in" in answers("fedora36", {}).warnings[0]


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://h:81/a b", 'url --url="http://h:81/a%20b"'),
        ('ftp://h/x"\nrootpw x', 'url --url="ftp://h/x%22%0Arootpw%20x"'),
        ("nfs://h/srv/f 1", 'nfs --server=h --dir="/srv/f%201"'),
    ],
)
def test_kickstart_has_the_url_of_the_install_tree(url: str, line: str) -> None:
    """Special characters are escaped, so that they cannot end the quotes."""
    requested = replace(answers("fedora36", PASSWORDS), install_url=url)
    text = answer_files(requested, AnswerTarget("web-1", "x86_64", "/dev/vda"))["fedora.ks"].decode()
    assert line in text.splitlines()


def test_preseed_consists_of_debconf_answers() -> None:
    """Each line has owner, question, type and value."""
    lines = written("debian12").splitlines()
    assert all(len(line.split(" ")) >= 3 for line in lines)
    assert "d-i partman-auto/disk string /dev/vda" in lines
    (user,) = [line for line in lines if "user-password-crypted" in line]
    assert is_hash_of("user secret", user.split()[-1])


@pytest.mark.parametrize(
    ("values", "accounts"),
    [
        (PASSWORDS, {"passwd/root-login": "true", "passwd/make-user": "true"}),
        ({"user-password-file": "/user"}, {"passwd/root-login": "false", "passwd/make-user": "true"}),
        ({}, {"passwd/root-login": "true", "passwd/root-password-crypted": "*", "passwd/make-user": "false"}),
    ],
)
def test_preseed_answers_all_questions_about_accounts(values: dict[str, str], accounts: dict[str, str]) -> None:
    """The installer requires a login for root or for a user."""
    answered = {
        line.split()[1]: line.split()[3] for line in written("debian12", values).splitlines() if "passwd/" in line
    }
    assert accounts.items() <= answered.items()


def test_preseed_uses_the_mirror_of_the_installer() -> None:
    """The password in its URL is not written to the file."""
    url = "https://me:secret@mirror.example:8443/debian/dists/bookworm/main/installer-amd64/"
    requested = replace(answers("debian12", PASSWORDS), install_url=url)
    lines = answer_files(requested, AnswerTarget("web-1", "x86_64", "/dev/vda"))["preseed.cfg"].decode().splitlines()
    assert "d-i mirror/https/hostname string mirror.example:8443" in lines
    assert "d-i mirror/https/directory string /debian" in lines


def test_autoinstall_has_the_identity_that_subiquity_requires() -> None:
    """Without a user, the host name is set by cloud-init."""
    content: dict[str, Any] = yaml.safe_load(written("ubuntu24.04"))["autoinstall"]
    assert content["version"] == 1
    assert (content["identity"]["username"], content["identity"]["hostname"]) == ("ada", "web-1")
    assert is_hash_of("user secret", content["identity"]["password"])
    assert content["storage"]["layout"]["match"] == {"path": "/dev/vda"}
    assert "timezone" not in content, "subiquity's list of valid names has no Etc/UTC"
    assert content["user-data"]["timezone"] == "UTC"
    without = yaml.safe_load(written("ubuntu24.04", {}))["autoinstall"]
    assert "identity" not in without and without["user-data"]["hostname"] == "web-1"


def test_autoyast_has_users_and_a_disk() -> None:
    """The XML is well-formed."""
    root = etree.fromstring(written("sles15").encode())
    names = {"y": "http://www.suse.com/1.0/yast2ns"}
    assert root.xpath("y:users/y:user/y:username/text()", namespaces=names) == ["root", "ada"]
    assert root.xpath("y:partitioning/y:drive/y:device/text()", namespaces=names) == ["/dev/vda"]


def test_agama_has_a_product_and_a_user() -> None:
    """The password is hashed."""
    profile = json.loads(written("leap16"))
    assert profile["product"] == {"id": "openSUSE_Leap"}
    assert profile["user"]["hashedPassword"] is True and is_hash_of("user secret", profile["user"]["password"])


@pytest.mark.parametrize(("efi", "kinds"), [(True, ["EFI", "MSR", "Primary"]), (False, ["Primary"])])
def test_windows_partitions_depend_on_the_firmware(efi: bool, kinds: list[str]) -> None:
    """UEFI requires an EFI and an MSR partition."""
    root = etree.fromstring(written("win11", efi=efi).encode())
    names = {"u": "urn:schemas-microsoft-com:unattend"}
    assert root.xpath("//u:CreatePartition/u:Type/text()", namespaces=names) == kinds
    assert root.xpath("//u:InstallTo/u:PartitionID/text()", namespaces=names) == ["3" if efi else "1"]


@pytest.mark.parametrize(
    ("hostname", "name"),
    [("web-1", "web-1"), ("2022", "pc-2022"), ("a" * 14 + "-b", "a" * 14), ("1" * 20 + "x", "pc-" + "1" * 12)],
)
def test_windows_computer_name_is_short_and_not_a_number(hostname: str, name: str) -> None:
    """Windows would reject it otherwise."""
    guest = AnswerTarget(hostname, "x86_64", "/dev/vda")
    text = answer_files(answers("win11", PASSWORDS), guest)["autounattend.xml"]
    found = etree.fromstring(text).findtext(".//{urn:schemas-microsoft-com:unattend}ComputerName")
    assert found == name


def test_windows_password_is_encoded() -> None:
    """Windows does not support hashes; it reads UTF-16 with the element's name appended."""
    root = etree.fromstring(written("win11").encode())
    unattend = "{urn:schemas-microsoft-com:unattend}"
    value = root.findtext(f".//{unattend}AdministratorPassword/{unattend}Value", "")
    assert base64.b64decode(value).decode("utf-16-le") == "root&<'secretAdministratorPassword"


def test_missing_required_answer_is_an_error() -> None:
    """The error names the sub-option."""
    with pytest.raises(RequestError, match="requires --unattended admin-password-file=") as raised:
        answers("fedora36", {}, required=("admin-password",))
    assert raised.value.hint is not None and "admin-password-file=FILE" in raised.value.hint


@pytest.mark.parametrize("values", [{"user-login": "a\nrootpw x"}, {"product-key": "<x/>"}, {"reg-login": ""}])
@pytest.mark.parametrize("system", SYSTEMS)
def test_values_cannot_inject_other_answers(system: str, values: dict[str, str]) -> None:
    """Values with special characters are rejected."""
    with pytest.raises(RequestError):
        answers(system, values)


@pytest.mark.parametrize(
    ("system", "login", "why"),
    [
        ("fedora36", "root", "already exists"),
        ("win11", "Administrator", "already exists"),
        ("debian12", "admin", "for a system account"),
        ("ubuntu24.04", "backup", "for a system account"),
        ("debian12", "Ada", "lowercase ASCII letters"),
        ("ubuntu24.04", "a.b", "lowercase ASCII letters"),
        ("fedora36", "a b", "letters, digits"),
        ("rhel9.0", "-a", "start with a letter or an underscore"),
        ("sles15", "a" * 33, "longer than 32"),
    ],
)
def test_invalid_login_is_an_error(system: str, login: str, why: str) -> None:
    """The rules are those of the installer."""
    with pytest.raises(RequestError, match=why):
        answers(system, {"user-login": login})


@pytest.mark.parametrize(("system", "login"), [("fedora36", "Ada.L"), ("win11", "Jürgen"), ("debian12", "ada-1")])
def test_valid_login_is_accepted(system: str, login: str) -> None:
    """Each installer has different rules."""
    assert answers(system, {"user-login": login}).user_login == login


def test_default_login_is_the_current_user() -> None:
    """If the installer does not accept the name, the login is `user`."""
    kind, name = KINDS["debian12"]
    installer = Installer(kind, "jeos", name, in_initrd=True)
    assert answers("debian12", {"user-login": ""}).user_login == "me"
    assert read_answers({}, installer, SYSTEMS["debian12"], "backup", read_file).user_login == "user"


def test_suse_registration_has_key_and_address() -> None:
    """For other installers, a warning is printed."""
    values = {"product-key": "ABC-1", "reg-login": "me+x@example.com"}
    assert json.loads(written("leap16", values))["product"]["registrationEmail"] == "me+x@example.com"
    root = etree.fromstring(written("sles15", values).encode())
    names = {"y": "http://www.suse.com/1.0/yast2ns"}
    assert root.xpath("y:suse_register/y:reg_code/text()", namespaces=names) == ["ABC-1"]
    assert len(answers("leap16", values).warnings) == 1
    assert "product-key= has no effect" in answers("fedora36", values).warnings[1]
    assert "reg-login= has no effect" in answers("win11", values).warnings[1]


@pytest.mark.parametrize(("messages", "version"), [("8-unknown", (8,)), ("9.0", (9, 0)), ("testing", ()), (None, ())])
def test_version_of_the_os_database_is_parsed(messages: str | None, version: tuple[int, ...]) -> None:
    """An unknown release belongs to its major version."""
    requested = replace(answers("rhel9.0", {}), os=OsRecord(id="x", short_ids=("x",), distro="rhel", version=messages))
    assert requested.os_version == version


@pytest.mark.parametrize(
    ("system", "arguments"),
    [
        ("fedora17", ("ks=file:/fedora.ks",)),
        ("fedora36", ("inst.ks=file:/fedora.ks",)),
        ("rhel9.0", ("inst.ks=file:/rhel.ks",)),
        ("debian12", ("auto=true", "priority=critical")),
        ("sles15", ("autoyast=file:///autoinst.xml",)),
        ("ubuntu24.04", ("autoinstall",)),
        ("leap16", ("inst.auto=label://OEMDRV/autoinst.json",)),
        ("win11", ()),
    ],
)
def test_kernel_arguments_locate_the_answers(system: str, arguments: tuple[str, ...]) -> None:
    """They depend on the installer and its version."""
    requested = answers(system, {})
    assert kernel_arguments(requested.installer, requested.os_version, requested.os.distro) == arguments
