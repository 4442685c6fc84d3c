"""--cloud-init: the contents of the seed's files."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.seed.cloud_config import check_by_cloud_init
from virtinstall.errors import RequestError
from virtinstall.seed.cloud_init import DEFAULT_ACCOUNT, from_suboptions, seed_files
from virtinstall.seed.password import hash_password

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8sPzQ0 me@here"
FILES = {
    "/pw": "letmein\nsecond line\n",
    "/key.pub": KEY + "\n",
    "/key2.pub": "# mine\necdsa-sha2-nistp256 AAAA you@there\n\n",
    "/id_ed25519": "-----BEGIN OPENSSH PRIVATE KEY-----\n",
    "/empty": "",
    "/whole": "whatever: it is\n",
}
MAC = "52:54:00:12:34:56"


def read_file(source: str, option: str) -> str:
    """Return the content of one of the files above."""
    assert option.startswith("--")
    return FILES[source]


def written(**values: str) -> dict[str, str]:
    """Return the seed's files for sub-options, with _ instead of -."""
    requested = from_suboptions({key.replace("_", "-"): value for key, value in values.items()}, read_file)
    return {name: text.decode() for name, text in seed_files(requested, "guest", "iid-1", MAC).items()}


def user_data(**values: str) -> dict[str, Any]:
    """Return the parsed user-data for sub-options."""
    text = written(**values)["user-data"]
    assert text.startswith("#cloud-config\n")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def test_meta_data_has_instance_id_and_host_name() -> None:
    """The instance ID changes with each guest, so that a cloned image runs cloud-init again."""
    assert yaml.safe_load(written(disable="on")["meta-data"]) == {"instance-id": "iid-1", "local-hostname": "guest"}


def test_default_is_a_root_password_and_a_disabled_cloud_init() -> None:
    """A warning is printed, and the generated password expires at the first login."""
    requested = from_suboptions({}, read_file)
    ((account, password),) = requested.generated_passwords
    assert account == "root" and requested.disable and "root-password-generate" in requested.warnings[0]
    assert password not in repr(requested)
    content = yaml.safe_load(seed_files(requested, "guest", "iid-1", MAC)["user-data"])
    login, _, hashed = content["chpasswd"]["list"].strip().partition(":")
    assert login == "root" and content["chpasswd"]["expire"] is True
    assert hash_password(password, hashed.split("$")[2]) == hashed
    assert ["passwd", "--expire", "root"] in content["runcmd"], "cloud-init before 22.3 does not expire a hash"
    assert "/etc/cloud/cloud-init.disabled" in content["runcmd"][-1]


def test_password_from_a_file_is_hashed_and_does_not_expire() -> None:
    """It is the first line of the file."""
    text = written(root_password_file="/pw")["user-data"]
    content = yaml.safe_load(text)
    hashed = content["chpasswd"]["list"].strip().removeprefix("root:")
    assert hashed == hash_password("letmein", hashed.split("$")[2])
    assert content["chpasswd"]["expire"] is False
    assert "letmein" not in text


def test_ssh_keys_of_root_and_the_default_user() -> None:
    """The default user is kept if root gets a key."""
    content = user_data(root_ssh_key="/key.pub", clouduser_ssh_key="/key2.pub")
    assert content["disable_root"] is False
    assert "disable_root" not in user_data(clouduser_ssh_key="/key2.pub")
    assert content["users"] == ["default", {"name": "root", "ssh_authorized_keys": [KEY]}]
    assert content["ssh_authorized_keys"] == ["ecdsa-sha2-nistp256 AAAA you@there"]


def test_new_user_has_password_key_and_sudo() -> None:
    """SSH accepts the password only if the user has no key."""
    content = user_data(user="ada", user_password_file="/pw", user_ssh_key="/key.pub")
    account = content["users"][1]
    assert "ssh_pwauth" not in content
    assert user_data(user="ada", user_password_file="/pw")["ssh_pwauth"] is True
    assert account["passwd"] == hash_password("letmein", account["passwd"].split("$")[2])
    assert (account["name"], account["lock_passwd"], account["sudo"]) == ("ada", False, "ALL=(ALL) ALL")
    assert account["ssh_authorized_keys"] == [KEY]


def test_packages_commands_and_host_name() -> None:
    """Lists are split at commas and semicolons; the commands are last, so that a failure is reported."""
    content = user_data(packages="vim, git", run="echo 'a, b'; systemctl start x", hostname="db1", disable="yes")
    assert content["packages"] == ["vim", "git"]
    assert content["runcmd"][1:] == ["echo 'a, b'", "systemctl start x"] and len(content["runcmd"]) == 3
    assert content["hostname"] == "db1"


def test_static_address_is_bound_to_the_mac_address() -> None:
    """IPv4 and IPv6 have separate gateways."""
    text = written(address="192.0.2.5/24", gateway="192.0.2.1", nameservers="192.0.2.53,2001:db8::53")["network-config"]
    interface = yaml.safe_load(text)["ethernets"]["eth0"]
    assert interface["match"] == {"macaddress": MAC}
    assert (interface["addresses"], interface["gateway4"]) == (["192.0.2.5/24"], "192.0.2.1")
    assert interface["nameservers"] == {"addresses": ["192.0.2.53", "2001:db8::53"]}
    six = yaml.safe_load(written(address="2001:db8::5/64", gateway="fe80::1")["network-config"])
    assert six["ethernets"]["eth0"]["gateway6"] == "fe80::1"


def test_addresses_may_be_of_both_families() -> None:
    """They are separated by commas, each with a gateway."""
    both = written(address="192.0.2.5/24, 2001:db8::5/64", gateway="2001:db8::1,192.0.2.1")
    interface = yaml.safe_load(both["network-config"])["ethernets"]["eth0"]
    assert interface["addresses"] == ["192.0.2.5/24", "2001:db8::5/64"]
    assert (interface["gateway4"], interface["gateway6"]) == ("192.0.2.1", "2001:db8::1")


def test_no_network_config_without_an_address() -> None:
    """The image's default, DHCP, is used."""
    assert "network-config" not in written(disable="on")


def test_whole_files_are_used_unchanged() -> None:
    """A warning names the sub-options without effect."""
    assert set(written(user_data="/whole", meta_data="/whole", network_config="/whole").values()) == {
        "whatever: it is\n"
    }
    requested = from_suboptions({"user-data": "/whole", "root-password-file": "/pw"}, read_file)
    assert (
        "user-data= is used unchanged, so these sub-options are ignored: root-password-file=" in requested.warnings[0]
    )
    off = {"user-data": "/whole", "root-password-generate": "no", "disable": "off"}
    assert "ignored" not in "".join(from_suboptions(off, read_file).warnings), "what is off has no effect anyway"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"root-password-generate": "on", "root-password-file": "/pw"}, "cannot be used together"),
        ({"root-password-file": "/empty"}, "first line is empty"),
        ({"root-ssh-key": "/id_ed25519"}, "private key"),
        ({"root-ssh-key": "/empty"}, "no public key"),
        ({"user": "ada"}, "no way to log in"),
        ({"user": "a b", "user-ssh-key": "/key.pub"}, "letters, digits"),
        ({"hostname": "two names"}, "letters, digits"),
        ({"disable": "perhaps"}, "must be on, off, yes or no"),
        ({"address": "192.0.2.5"}, "prefix length"),
        ({"address": "somewhere/24"}, "address=somewhere/24: invalid IP address"),
        ({"address": "192.0.2.5/24", "gateway": "198.51.100.1"}, "not in the network"),
        ({"address": "192.0.2.5/24", "nameservers": "dns"}, "nameservers=dns: invalid IP address"),
        ({"address": "192.0.2.5/24", "gateway": "fe80::1"}, "not in the network"),
        ({"address": "192.0.2.5/24", "gateway": "192.0.2.1,192.0.2.2"}, "already specified"),
        ({"address": ""}, "is empty"),
        ({"gateway": "192.0.2.1"}, "requires address="),
    ],
)
def test_invalid_sub_options_are_errors(values: dict[str, str], message: str) -> None:
    """Each has an error of one sentence."""
    with pytest.raises(RequestError, match=message):
        from_suboptions(values, read_file)


@pytest.mark.parametrize("account", ["root", "clouduser", "user"])
@pytest.mark.parametrize("way", ["generate", "file"])
def test_each_account_can_have_a_password(account: str, way: str) -> None:
    """It is read from a file or generated; a generated one is shown once, with the name of its account."""
    values = {f"{account}-password-{way}": "on" if way == "generate" else "/pw"}
    if account == "user":
        values["user"] = "ada"
    requested = from_suboptions(values, read_file)
    content = yaml.safe_load(seed_files(requested, "guest", "iid-1", MAC)["user-data"])
    hashed = {
        "root": lambda: content["chpasswd"]["list"].strip().partition(":")[2],
        "clouduser": lambda: content["password"],
        "user": lambda: content["users"][1]["passwd"],
    }[account]()
    shown = dict(requested.generated_passwords)
    password = "letmein" if way == "file" else shown[{"clouduser": DEFAULT_ACCOUNT, "user": "ada"}.get(account, "root")]
    assert hash_password(password, hashed.split("$")[2]) == hashed
    assert len(shown) == (way == "generate") and not any("nobody" in warning for warning in requested.warnings)
    assert content.get("ssh_pwauth", False) == (account != "root")


def test_passwords_of_all_accounts_work_together() -> None:
    """cloud-init ignores the password of the image's default account if it has a list of passwords."""
    content = user_data(
        root_password_generate="on", clouduser_password_file="/pw", user="ada", user_password_generate="on"
    )
    assert "list" not in content["chpasswd"] and content["password"].startswith("$6$")
    assert [command[:2] for command in content["runcmd"]] == [
        ["usermod", "--password"],
        ["passwd", "--expire"],
        ["passwd", "--expire"],
    ]
    assert [command[-1] for command in content["runcmd"]] == ["root", "root", "ada"]


@pytest.mark.parametrize("account", ["root", "clouduser", "user"])
def test_password_file_and_generate_contradict(account: str) -> None:
    """This applies to each account."""
    values = {"user": "ada", f"{account}-password-generate": "on", f"{account}-password-file": "/pw"}
    with pytest.raises(
        RequestError, match=f"{account}-password-generate= and {account}-password-file= cannot be used together"
    ):
        from_suboptions(values, read_file)


@pytest.mark.parametrize("password", ["file", "generate"])
def test_user_data_conforms_to_the_schema_of_cloud_init(password: str) -> None:
    """All sub-options are combined."""
    value = "/pw" if password == "file" else "on"
    passwords = {f"{account}_password_{password}": value for account in ("root", "clouduser", "user")}
    text = written(
        **passwords,
        root_ssh_key="/key.pub",
        clouduser_ssh_key="/key2.pub",
        user="ada",
        user_ssh_key="/key.pub",
        hostname="db1",
        packages="vim,git",
        run="true;false",
        disable="on",
    )["user-data"]
    check_by_cloud_init(text)


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ({"keep": "on"}, True),
        ({"hostname": "db1", "disable": "on"}, True),
        ({"root-ssh-key": "/key.pub"}, False),
        ({"user-data": "/whole"}, False),
        ({"root-password-generate": "on"}, False),
    ],
)
def test_guest_without_a_login_causes_a_warning(values: dict[str, str], warned: bool) -> None:
    """There is no warning for user-data from a file."""
    warnings = from_suboptions(values, read_file).warnings
    assert any("login is possible only" in warning for warning in warnings) == warned


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ({"user-password-file": "/pw"}, {"clouduser-password-file": "/pw"}),
        ({"user-ssh-key": "/key.pub"}, {"clouduser-ssh-key": "/key.pub"}),
        ({"user-ssh-key": "/key.pub", "disable": "on"}, {"clouduser-ssh-key": "/key.pub", "disable": "on"}),
    ],
)
def test_sub_options_without_a_user_apply_to_the_default_user(given: dict[str, str], same: dict[str, str]) -> None:
    """`user-password-file=` without `user=` is the same as `clouduser-password-file=`."""
    files = {"/pw": "secret\n", "/key.pub": "ssh-ed25519 AAAA x\n"}
    one, other = (from_suboptions(words, lambda source, option: files[source]) for words in (given, same))

    assert (one.users, one.default_user_keys, one.disable) == (other.users, other.default_user_keys, other.disable)
    assert (one.default_user_password_hash is None) == (other.default_user_password_hash is None)
