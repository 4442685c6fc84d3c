"""--cloud-init, --unattended, --ignition: what they ask for, files and addresses read; the answers come later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import FetchError, RequestError
from virtinstall.plan import SeedFile
from virtinstall.units import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from virtinstall.facts import Facts
    from virtinstall.request import Request


def with_seeds(facts: Facts, request: Request) -> Facts:
    """`facts` with what is known of the answers that the guest will be given.

    Raises: RequestError, when the options contradict each other; FetchError, when something
    they name can't be read.
    """
    if request.install.cloud_init is not None:
        facts = _with_cloud_init(facts, request.install.cloud_init)
    if request.install.unattended is not None:
        from virtinstall.host.survey_unattended import with_unattended

        arch = request.platform.arch or facts.host.capabilities.host_arch
        facts = with_unattended(facts, request.install.unattended, arch)
    if request.install.ignition is not None:
        from virtinstall.media.fetcher import display_url
        from virtinstall.seed.ignition import LIMIT_BYTES, config_bytes

        source = request.install.ignition
        shown = display_url(source) if "://" in source else source
        facts = facts._replace(ignition=config_bytes(shown, read_text(source, LIMIT_BYTES)))
    return facts


def _with_cloud_init(facts: Facts, values: Mapping[str, str]) -> Facts:
    from virtinstall.seed.cloud_init import from_suboptions

    asked = from_suboptions(values, read_text)
    # what a remote host keeps is the copy that is sent there
    folder = facts.host.image_dir if asked.keep and facts.host.local else facts.host.boot_dir
    seed = SeedFile(f"{folder}/virtinst-{facts.token}-cloudinit.iso", "cidata", (), keep=asked.keep)
    return facts._replace(
        cloud_init=asked,
        seeds=(*facts.seeds, seed),
        seed_bus=asked.bus or _cloud_bus(facts),
        warnings=(*facts.warnings, *asked.warnings),
    )


def _cloud_bus(facts: Facts) -> str | None:
    """The kernel of Debian's cloud images has no driver for SATA, which is where CD-ROMs go by default."""
    sataless = facts.os.distro == "debian" and facts.os.supports_virtio_scsi()
    return "scsi" if sataless else None


def read_text(source: str, limit_bytes: int = MIB) -> str:
    """The text of a small file, by path or by http, https or ftp address.

    Raises: RequestError or FetchError, when it can't be read, is too large or is no UTF-8.
    """
    if "://" in source:
        return _fetch_text(source, limit_bytes)
    try:
        with open(source, "rb") as handle:
            content = handle.read(limit_bytes + 1)
        _check_size(source, len(content), limit_bytes)
        return content.decode()
    except UnicodeDecodeError as error:
        raise _no_text(source) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise RequestError(f"could not read '{source}': {why}", hint="give a file that you can read") from error


def _fetch_text(address: str, limit_bytes: int) -> str:
    from virtinstall.media.fetcher import display_url
    from virtinstall.media.location import open_location

    scheme = address.partition(":")[0].lower()
    if scheme not in ("http", "https", "ftp", "file"):
        raise FetchError(
            f"'{display_url(address)}' can't be read", hint="give a path, or an http, https or ftp address"
        )
    if scheme == "file":
        from urllib.parse import unquote, urlsplit

        try:
            path = unquote(urlsplit(address).path)
        except ValueError as error:
            raise RequestError(f"'{address}' is no complete address", hint="write it as file:///PATH") from error
        return read_text(path, limit_bytes)
    directory, name = address, ""
    if scheme == "ftp" and address.count("/") > 2:
        directory, _, name = address.rpartition("/")
    fetcher = open_location(directory)
    try:
        text = fetcher.read_text(name, limit_bytes + 1)
    finally:
        fetcher.close()
    _check_size(display_url(address), len(text.encode()), limit_bytes)
    if "\ufffd" in text:  # fetchers put it where the bytes are none: a password or a script would be another
        raise _no_text(display_url(address))
    return text


def _no_text(what: str) -> RequestError:
    return RequestError(f"'{what}' is no text in UTF-8", hint="check that it is the file meant")


def _check_size(what: str, size: int, limit_bytes: int) -> None:
    if size > limit_bytes:
        raise RequestError(f"'{what}' is larger than {limit_bytes // MIB} MiB", hint="check that it is the file meant")
