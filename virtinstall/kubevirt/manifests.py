"""The conversion of a request to KubeVirt manifests."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from virtinstall.compose.validate import resolve_methods, validate_request
from virtinstall.errors import RequestError
from virtinstall.kubevirt.conversion import Comment, Conversion, Node
from virtinstall.kubevirt.disks import map_disks
from virtinstall.kubevirt.drops import without_dropped
from virtinstall.kubevirt.firmware import map_firmware, map_launch_security
from virtinstall.kubevirt.images import image_sources, image_url
from virtinstall.kubevirt.installation import map_boot, order_interfaces, prepare_media
from virtinstall.kubevirt.leaves import drain_domain
from virtinstall.kubevirt.metadata import map_metadata, map_run
from virtinstall.kubevirt.names import map_name
from virtinstall.kubevirt.networks import DOMAIN_LABEL, map_networks
from virtinstall.kubevirt.peripherals import map_peripherals
from virtinstall.kubevirt.platform import map_clock, map_features, map_platform
from virtinstall.kubevirt.resources import map_cpu, map_memory, map_vcpus
from virtinstall.kubevirt.rules import check_rules
from virtinstall.kubevirt.seeds import ignition_of, map_seeds
from virtinstall.kubevirt.table import WHOLE
from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.request import Request

API_VERSION = "kubevirt.io/v1"
DEFAULT_ARCH = "x86_64"
_OS_ANNOTATION = "vm.kubevirt.io/os"
_TEMPLATE_ORDER = ("architecture", "domain", "networks", "volumes")
_DOMAIN_ORDER = (
    *("cpu", "memory", "machine", "firmware", "chassis", "features", "clock", "ioThreadsPolicy", "ioThreads"),
    *("launchSecurity", "rebootPolicy", "devices"),
)


class Manifests(NamedTuple):
    """The manifests for one guest.

    `documents` are the Secrets, the VirtualMachine and the Service, in the order in which a cluster needs them.
    `comments` are comments on keys of the documents. `passwords` are pairs of an account and its generated password, of
    which the documents contain only the hash. `secret_places` has a pair of a mapping and
    a key for each Secret, in the same order: `mapping[key]` is the name of the Secret.
    """

    name: str
    documents: tuple[Node, ...]
    comments: tuple[Comment, ...] = ()
    warnings: tuple[str, ...] = ()
    passwords: tuple[tuple[str, str], ...] = ()
    secret_places: tuple[tuple[Node, str], ...] = ()


def manifests(
    request: Request, *, environ: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None
) -> Manifests:
    """Return the manifests for the guest that `request` describes.

    Nothing is changed, and no hypervisor is contacted, but the files that the request refers to are read, and the URL
    of an image may be read from the vendor's index. `environ` contains the environment variables; by default,
    those of this process. `labels` are labels to add to the guest.

    Raises: RequestError, if the request is invalid, or if KubeVirt cannot express an option; FetchError, if the URL of
    an image cannot be read from the vendor's index.
    """
    conversion = converted(request, environ=environ, labels=labels)
    conversion.fail()
    return documents_of(conversion)


def converted(
    request: Request, *, environ: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None
) -> Conversion:
    """Return the finished conversion; options that KubeVirt cannot express are in its `problems`.

    The parameters are the same as for `manifests`.

    Raises: RequestError, if the request is invalid; FetchError, if the URL of an image cannot be read from the vendor's
    index.
    """
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.survey.text_files import given_text

    environ = os.environ if environ is None else environ
    catalog = Catalog(environ)
    request = resolve_methods(without_dropped(request))
    validate_request(request)
    arch = request.platform.arch or request.domain.os.type_arch or DEFAULT_ARCH
    images = image_sources(request, arch, catalog, environ)
    system = _system(request, images, catalog, environ)
    conversion = Conversion(request, system.record, arch, environ, partial(given_text, request.install.typed))
    conversion.os_is_known = not system.assumed and not system.record.is_generic
    for text in (*request.warnings, *system.warnings):
        conversion.warn(text)
    conversion.labels.update(labels or {})
    map_name(conversion)
    map_platform(conversion)
    map_memory(conversion)
    map_vcpus(conversion)
    map_cpu(conversion)
    prepare_media(conversion)
    map_disks(conversion, [None if image is None else image_url(image) for image in images])
    order_interfaces(conversion)
    map_networks(conversion)
    map_firmware(conversion)
    map_features(conversion)
    map_clock(conversion)
    map_launch_security(conversion)
    map_peripherals(conversion)
    map_metadata(conversion)
    map_boot(conversion)
    _map_seed(conversion, images, catalog)
    map_run(conversion)
    _report_rest(conversion)
    check_rules(conversion)
    return conversion


def _system(request: Request, images: Any, catalog: Catalog, environ: Mapping[str, str]) -> Any:
    from virtinstall.osinfo.option import choose_os, read_requested

    domain = request.domain
    named = domain.os_full_id or domain.os_name
    return choose_os(
        read_requested(request.os.values),
        catalog,
        detected=tuple(image.os_name for image in images if image is not None and image.os_name)[:1],
        default_name=named or request.install.os or domain.os_id,
        environment=environ,
    )


def _map_seed(conversion: Conversion, images: Any, catalog: Catalog) -> None:
    from virtinstall.kubevirt.images import default_seed
    from virtinstall.seed.cloud_init import CloudInitRequest, from_suboptions

    install = conversion.install
    seed, ignition = install.cloud_init, None
    if seed is not None and not isinstance(seed, CloudInitRequest):
        seed = from_suboptions(seed, conversion.read_file)
    try:
        ignition = ignition_of(conversion)
    except RequestError as error:
        conversion.problems.append(_as_problem(error))
    if seed is None and install.ignition is None and install.unattended is None and install.image_defaults:
        seed, ignition = default_seed(conversion, images)
    map_seeds(conversion, seed, ignition)


def _as_problem(error: RequestError) -> Any:
    from virtinstall.kubevirt.conversion import Problem

    return Problem(error.message, error.hint)


def _report_rest(conversion: Conversion) -> None:
    """Report every value that no mapping has taken, and whole options once."""
    for device in conversion.domain.all_devices():
        conversion.domain.remove(device)
    reported = set()
    for option, leaf in drain_domain(conversion.domain):
        if option in WHOLE:
            if option not in reported:
                conversion.refuse(option, "", "", WHOLE[option])
            reported.add(option)
        else:
            conversion.leave(option, [leaf])


def documents_of(conversion: Conversion) -> Manifests:
    """Return the manifests from a finished conversion, which must have no problems."""
    conversion.labels = {DOMAIN_LABEL: conversion.name, **conversion.labels}
    metadata: Node = {"name": conversion.name}
    namespace = conversion.options.namespace
    for document in (*conversion.secrets, *conversion.services):
        if namespace is not None:
            document["metadata"]["namespace"] = namespace
    if namespace is not None:
        metadata["namespace"] = namespace
    metadata["labels"] = dict(conversion.labels)
    if conversion.annotations:
        metadata["annotations"] = conversion.annotations
    inner: Node = {"labels": dict(conversion.labels)}
    if conversion.os_is_known:
        inner["annotations"] = {_OS_ANNOTATION: conversion.os.short_id}
    conversion.machine["devices"] = conversion.devices
    template = conversion.template
    template["domain"] = _ordered(conversion.machine, _DOMAIN_ORDER)
    for key, values in (("networks", conversion.networks), ("volumes", conversion.volumes)):
        if values:
            template[key] = values
    spec: Node = dict(conversion.spec)
    spec["template"] = {"metadata": inner, "spec": _ordered(template, _TEMPLATE_ORDER)}
    if conversion.data_volumes:
        spec["dataVolumeTemplates"] = conversion.data_volumes
    guest: Node = {"apiVersion": API_VERSION, "kind": "VirtualMachine", "metadata": metadata, "spec": spec}
    return Manifests(
        name=conversion.name,
        documents=(*conversion.secrets, guest, *conversion.services),
        comments=tuple(conversion.comments),
        warnings=tuple(conversion.warnings),
        passwords=tuple(conversion.passwords),
        secret_places=tuple(conversion.secret_places),
    )


def _ordered(node: Node, order: tuple[str, ...]) -> Node:
    """Move the entries of `order` to the front, in place because comments belong to the mapping; return it."""
    entries = {key: node[key] for key in order if key in node} | node
    node.clear()
    node.update(entries)
    return node
