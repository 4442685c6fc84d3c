"""The requests of --cloud-init, --unattended and --ignition, with the contents of the files and URLs that they name.

The answers for the guest are created later.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from virtinstall.facts import SeedFacts
from virtinstall.survey.text_files import given_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from virtinstall.facts import HostFacts, MediaFacts
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.request import Request


def survey_seeds(
    request: Request, host: HostFacts, os: OsRecord, media: MediaFacts | None, environment: Mapping[str, str]
) -> SeedFacts:
    """Return the facts about the values of --cloud-init, --unattended and --ignition.

    `media` is the install medium, or None. `environment` contains the environment variables.

    Raises: RequestError, if a value is invalid or a file cannot be read; FetchError, if a URL cannot be read.
    """
    install = request.install
    read_file = partial(given_text, install.typed)
    facts = SeedFacts()
    if install.unattended is not None:
        from virtinstall.survey.unattended import survey_unattended

        host_arch = host.capabilities.host_arch
        arch = request.platform.arch or host_arch
        facts = survey_unattended(install.unattended, host_arch, os, media, arch, environment, read_file)
    if install.cloud_init is not None:
        from virtinstall.seed.cloud_init import CloudInitRequest, from_suboptions

        wanted = install.cloud_init
        seed_request = wanted if isinstance(wanted, CloudInitRequest) else from_suboptions(wanted, read_file)
        facts = facts.replace(cloud_init=seed_request, warnings=(*seed_request.warnings, *facts.warnings))
    if install.ignition is not None:
        from virtinstall.media.fetcher import display_url
        from virtinstall.seed.ignition import LIMIT_BYTES, config_bytes

        source = install.ignition
        shown = display_url(source) if "://" in source else source
        facts = facts.replace(ignition=config_bytes(shown, read_file(source, "--ignition", LIMIT_BYTES)))
    return facts
