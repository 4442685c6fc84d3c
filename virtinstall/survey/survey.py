"""Collection of all facts that decisions require; each is read once, and nothing is changed.

The order follows the dependencies: connection, install medium, operating system, platform, domain capabilities,
storage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from virtinstall.compose.cpu import wants_mitigations
from virtinstall.compose.platform import chosen_platform
from virtinstall.facts import Facts, HostFacts, ImageFacts, MediaFacts, NetworkFacts, SeedFacts
from virtinstall.libvirt_host.host import Host, has_real_storage
from virtinstall.osinfo.record import GENERIC
from virtinstall.survey import images, media, networks, operating_system, storage
from virtinstall.survey.known import Known

if TYPE_CHECKING:
    from virtinstall.capabilities import DomainCapabilities
    from virtinstall.facts import Platform, SubnetFacts
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.request import Request
    from virtinstall.survey.host import Environment


def survey(
    request: Request,
    host: Host,
    environment: Environment,
    known: Known | None = None,
    *,
    replacing: str | None = None,
) -> Facts:
    """Return the facts that a plan for `request` on `host` requires.

    `known` contains the facts that the requests of a run share; if it is None, these facts are read from `host`.
    `replacing` is the name of the guest that the new guest replaces, or None; the MAC addresses of the replaced guest
    are regarded as free.

    Raises: RequestError, if the request is invalid, or if something that it refers to does not exist; HostError, if
    something that it refers to cannot be read.
    """
    known = known or Known(host)
    facts_of_host = known.host_facts(environment)
    catalog = known.catalog(environment.environ)
    medium = media.survey_media(request, facts_of_host, catalog)
    doubts = (medium.doubt,) if medium is not None and medium.doubt is not None else ()
    notices: list[str] = []
    # which OS it is may depend on the kind of guest, and the machine type on the OS
    likely = chosen_platform(request, facts_of_host, GENERIC)
    named_images = images.survey_images(
        request, facts_of_host, likely.arch, catalog, environment.environ, notices.append
    )
    chosen = operating_system.survey_os(request, medium, catalog, likely, environment.environ, named_images)
    record = chosen.record
    platform = likely if record.is_generic else chosen_platform(request, facts_of_host, record)
    domain_capabilities = known.domain_capabilities(platform)
    return Facts(
        host=facts_of_host,
        os=record,
        platform=platform,
        os_assumed=chosen.assumed,
        domain_capabilities=domain_capabilities,
        cpu_model_features=_cpu_model_features(request, platform, domain_capabilities, known),
        guest_names=_guest_names(request, host),
        claimed_names=_claimed_names(request, environment),
        guest_macs=_guest_macs(request, known, replacing),
        storage=storage.survey_storage(request, host, facts_of_host, medium, named_images),
        networks=_networks(request, host, facts_of_host, known),
        links=_links(request, facts_of_host),
        node_devices=_node_devices(request, host),
        render_node=_render_node(request, host),
        mounts=_mounts(request, facts_of_host),
        media=medium,
        seeds=_seeds(request, facts_of_host, record, medium, environment, named_images),
        token=environment.token,
        random_bytes=environment.random_bytes,
        warnings=(*doubts, *notices, *chosen.warnings, *catalog.warnings),
        environment=environment.environ,
    )


def _seeds(
    request: Request,
    host: HostFacts,
    record: OsRecord,
    medium: MediaFacts | None,
    environment: Environment,
    named_images: Sequence[ImageFacts | None],
) -> SeedFacts:
    install = request.install
    if install.cloud_init is None and install.unattended is None and install.ignition is None:
        default_login = install.image_defaults
        found = images.survey_login(record, environment.environ, named_images) if default_login else SeedFacts()
    else:
        from virtinstall.survey.seeds import survey_seeds

        found = survey_seeds(request, host, record, medium, environment.environ)
    if found.cloud_init is None or found.cloud_init.user_data is not None:
        return found
    from virtinstall.seed.host_key import new_host_key

    return found.replace(host_key=new_host_key(environment.environ))


def _cpu_model_features(
    request: Request, platform: Platform, capabilities: DomainCapabilities | None, known: Known
) -> frozenset[str]:
    """Return the features of the host's CPU model, if a guest with another model gets the mitigations among them."""
    model = None if capabilities is None else capabilities.host_model
    if model is None or not platform.is_x86 or not wants_mitigations(request.domain.cpu):
        return frozenset()
    return known.cpu_model_features(platform.arch, model)


def _guest_names(request: Request, host: Host) -> frozenset[str]:
    """Return the names of all guests if a name must be chosen, otherwise the requested name if a guest has it."""
    name = request.domain.name
    if name is None:
        return host.guest_names()
    # a name that is another guest's UUID finds that guest, which has a different name
    found = host.find_guest(name)
    return frozenset() if found is None else frozenset((found.name,))


def _guest_macs(request: Request, known: Known, replacing: str | None) -> Mapping[str, str]:
    """Return the MAC addresses in use, with the names of their guests.

    Generated addresses are random and checked when the guest is defined, so the last known list is sufficient.
    """
    from virtinstall.devices.interface import Interface

    found = known.guest_macs(fresh=any(interface.mac_address for interface in request.domain.devices_of(Interface)))
    return found if replacing is None else {mac: name for mac, name in found.items() if name != replacing}


def _claimed_names(request: Request, environment: Environment) -> frozenset[str]:
    """Return the names that other runs on this machine have chosen and not yet used, if a name must be chosen."""
    if request.domain.name is not None:
        return frozenset()
    from virtinstall.rollback.journal import journal_folder, names_of_live_runs

    return names_of_live_runs(journal_folder(environment.environ, environment.uid))


def _networks(request: Request, host: Host, facts: HostFacts, known: Known) -> dict[str, NetworkFacts | None]:
    """Return the virtual networks that the guest may use, by name; None for a network that does not exist."""
    from virtinstall.compose.interfaces import DEFAULT_NETWORK
    from virtinstall.devices.interface import Interface

    interfaces = request.domain.devices_of(Interface)
    names = {interface.source_network for interface in interfaces if interface.source_network is not None}
    by_default = "interface" not in request.without and (
        not interfaces or any(interface.wanted_type == "default" for interface in interfaces)
    )
    if by_default and facts.driver == "qemu" and facts.privileged and facts.default_bridge is None:
        names.add(DEFAULT_NETWORK)
    links = _links(request, facts)
    if links and {each.source_bridge for each in interfaces} - {None, *links}:
        # virbr0 is missing as long as this network is not active
        names.add(DEFAULT_NETWORK)
    if not any(interface.ip for interface in interfaces):
        return {name: known.network(name) for name in names}
    # other guests of a run may get addresses meanwhile
    found = {name: host.network(name) for name in names}
    left = _reservations_left(request.domain.name, host)
    for name, network in found.items():
        if network is not None:
            subnets = tuple(_without(left, name, each) for each in network.subnets)
            found[name] = network.replace(leases=_leases(name, host), subnets=subnets)
    return found


def _reservations_left(name: str | None, host: Host) -> list[tuple[str, str, str]]:
    """Return the reservations of killed runs for that guest, which are removed first when the guest is created."""
    if name is None or not has_real_storage(host):
        return []
    from virtinstall.rollback.leftovers import reservations_left

    return reservations_left(name, host)


def _without(left: Iterable[tuple[str, str, str]], network: str, subnet: SubnetFacts) -> SubnetFacts:
    gone = {pair for place, mac, address in left if place == network for pair in ((mac, address), ("", address))}
    return subnet.replace(hosts=tuple(each for each in subnet.hosts if (each[0], each[2]) not in gone))


def _leases(network: str, host: Host) -> tuple[tuple[str, str], ...]:
    return tuple((mac, address) for mac, address, kind in host.network_addresses(network) if kind == "lease")


def _links(request: Request, facts: HostFacts) -> tuple[str, ...]:
    from virtinstall.devices.interface import Interface

    named = any(interface.source_bridge or interface.source_dev for interface in request.domain.devices_of(Interface))
    return networks.links() if named and facts.local and facts.driver == "qemu" else ()


def _node_devices(request: Request, host: Host) -> tuple[str, ...]:
    """Return the XML of the host's devices if the request names one, otherwise an empty tuple."""
    from virtinstall.devices.hostdev import Hostdev
    from virtinstall.devices.interface import Interface

    domain = request.domain
    named = any(hostdev.name is not None for hostdev in domain.devices_of(Hostdev))
    named = named or any(interface.hostdev is not None for interface in domain.devices_of(Interface))
    return tuple(host.node_devices()) if named else ()


def _render_node(request: Request, host: Host) -> str | None:
    """Return the render node if graphics need one and the request does not name it, otherwise None."""
    from virtinstall.devices.graphics import Graphics

    graphics = request.domain.devices_of(Graphics)
    needed = any(each.gl_enable and each.gl_rendernode is None for each in graphics)
    return networks.render_node(host.node_devices("drm")) if needed else None


def _mounts(request: Request, host: HostFacts) -> tuple[tuple[str, str], ...]:
    """Return the mounts, which decide whether the guest can be migrated."""
    if not request.checks.migration or not host.local:
        return ()
    from virtinstall.survey.mounts import mounts

    return tuple(mounts())
