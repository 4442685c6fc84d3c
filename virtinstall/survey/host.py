"""Facts about the host, the connection to it, and the environment of this process."""

from __future__ import annotations

import os
from collections.abc import Mapping

from virtinstall.capabilities import Capabilities
from virtinstall.facts import HostFacts, is_simulated
from virtinstall.libvirt_host import embed
from virtinstall.libvirt_host.host import Host
from virtinstall.record import Record
from virtinstall.survey import networks


class Environment(Record):
    """The environment of this process, which tests can replace.

    `environ` contains the environment variables, `uid` is the numeric user ID, `random_bytes` are for generated values,
    and `token` is a random string for file names.
    """

    environ: Mapping[str, str]
    uid: int
    random_bytes: bytes
    token: str

    @staticmethod
    def real() -> Environment:
        """Return the environment of this process, with new random values."""
        raw = os.urandom(128)
        token = "".join("abcdefghijklmnopqrstuvwxyz0123456789"[byte % 36] for byte in os.urandom(8))
        return Environment(environ=os.environ, uid=os.geteuid(), random_bytes=raw, token=token)


def survey_host(host: Host, environment: Environment) -> HostFacts:
    """Return the facts about the host and the connection to it."""
    uri = host.uri
    driver = host.driver()
    local = host.is_local()
    root = embed.root_of(uri)
    session = uri.split("?")[0].endswith("/session")
    # the connection may be to a system daemon that runs as root, regardless of this user
    privileged = not session and root is None
    return HostFacts(
        uri=uri,
        driver=driver,
        version=host.version(),
        libvirt_version=host.libvirt_version(),
        local=local,
        privileged=privileged,
        capabilities=Capabilities(host.capabilities_xml()),
        default_bridge=networks.default_bridge() if local and not is_simulated(driver) else None,
        embed_root=root,
        # files for a remote host are only created here
        boot_dir=_boot_dir(root, privileged and local, environment),
        image_dir=_image_dir(root, privileged, environment),
        passt=local and driver == "qemu" and networks.has_passt(privileged=privileged, uid=environment.uid),
    )


def _boot_dir(root: str | None, privileged: bool, environment: Environment) -> str:
    from virtinstall.media.boot_place import boot_directory

    return boot_directory(system=privileged, environment=environment.environ, root=root)


def _image_dir(root: str | None, privileged: bool, environment: Environment) -> str:
    if root is not None:
        return f"{root}/images"
    if privileged:
        return "/var/lib/libvirt/images"
    home = environment.environ.get("HOME") or "/"
    data = environment.environ.get("XDG_DATA_HOME") or f"{home}/.local/share"
    return f"{data}/libvirt/images"
