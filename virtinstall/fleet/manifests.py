"""KubeVirt manifests for the guests in a file; identical Secrets of several guests are combined."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError
from virtinstall.kubevirt.conversion import Problem, error_of
from virtinstall.kubevirt.manifests import Manifests, converted, documents_of
from virtinstall.kubevirt.names import as_label
from virtinstall.naming import free_name

if TYPE_CHECKING:
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.request import KubevirtRequest

PROJECT_LABEL = "app.kubernetes.io/part-of"
GROUP_LABEL = "group.virtinstall/"


def guest_manifests(
    project: str, guests: Sequence[LabGuest], options: KubevirtRequest, *, environ: Mapping[str, str] | None = None
) -> list[Manifests]:
    """Return the manifests for the guests, except for guests that must be absent.

    `options` are combined with the KubeVirt options of each guest: lists are appended to the guest's lists, and other
    values, if set, replace the guest's values. Groups become labels, and identical Secrets are combined. `environ`
    contains the environment variables; None stands for those of this process.

    Raises: RequestError, with one line for each problem; the line starts with the guest's position in the file.
    """
    found: list[Manifests] = []
    problems: list[Problem] = []
    for guest in guests:
        if guest.request is None:
            continue
        request = guest.request.replace(kubevirt=_merged(guest.request.kubevirt, options))
        try:
            conversion = converted(request, environ=environ, labels=_labels(project, guest))
            wrong = conversion.problems
        except RequestError as error:
            wrong = [Problem(line, error.hint) for line in error.message.split("\n")]
        problems += (each._replace(message=f"{guest.place}: {guest.name}: {each.message}") for each in wrong)
        if not wrong:
            found.append(documents_of(conversion))
    if problems:
        raise error_of(problems)
    return _with_shared_secrets(found, project)


def _merged(own: KubevirtRequest, more: KubevirtRequest) -> KubevirtRequest:
    """Return the options of a guest, merged with those of the command, which take precedence."""
    return own.replace(
        drop=(*own.drop, *more.drop),
        devices=(*own.devices, *more.devices),
        namespace=more.namespace or own.namespace,
        run_strategy=more.run_strategy or own.run_strategy,
        instancetype=more.instancetype or own.instancetype,
        preference=more.preference or own.preference,
    )


def _labels(project: str, guest: LabGuest) -> dict[str, str]:
    labels = {PROJECT_LABEL: as_label(project, "guests")}
    labels.update({f"{GROUP_LABEL}{as_label(group, 'group')}": "true" for group in guest.groups})
    return labels


def _with_shared_secrets(guests: list[Manifests], project: str) -> list[Manifests]:
    """Return the manifests with one Secret for each content; a Secret of several guests is named after the project."""
    uses: dict[str, list[tuple[dict[str, Any], dict[str, Any], str]]] = {}
    for guest in guests:
        secrets = [document for document in guest.documents if document["kind"] == "Secret"]
        for secret, (node, key) in zip(secrets, guest.secret_places, strict=True):
            uses.setdefault(_content(secret), []).append((secret, node, key))
    removed, taken = set(), {secret["metadata"]["name"] for used in uses.values() for secret, *_ in used}
    for used in uses.values():
        if len(used) == 1:
            continue
        name = free_name(f"{as_label(project, 'guests')}-{_suffix(used[0][0])}", taken)
        taken.add(name)
        for number, (secret, node, key) in enumerate(used):
            secret["metadata"]["name"] = node[key] = name
            if number:
                removed.add(id(secret))
    return [
        guest._replace(documents=tuple(each for each in guest.documents if id(each) not in removed)) for guest in guests
    ]


def _suffix(secret: dict[str, Any]) -> str:
    return str(secret["metadata"]["name"]).rpartition("-")[2]


def _content(secret: dict[str, Any]) -> str:
    return json.dumps([secret["stringData"], secret["metadata"].get("namespace")], sort_keys=True)
