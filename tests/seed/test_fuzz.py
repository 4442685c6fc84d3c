"""Random values of --cloud-init and --unattended: the result is valid, or an error of one sentence."""

from __future__ import annotations

import json
import os

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.seed.test_answers import SYSTEMS, answers
from virtinstall.errors import RequestError
from virtinstall.seed.answers import AnswerTarget, answer_files
from virtinstall.seed.cloud_init import from_suboptions, seed_files

COUNT = int(os.environ.get("VIRTINSTALL_FUZZ", "150"))
TEXTS = st.one_of(
    st.text(max_size=30), st.sampled_from(["on", "off", "192.0.2.5/24", "::1/64", "ada", "a,b;c", ": x", "{"])
)
WHOLE_FILES = ("user-data", "meta-data", "network-config")
CLOUD_KEYS = (
    *("root-password-generate", "root-password-file", "disable", "root-ssh-key", "clouduser-ssh-key"),
    *(
        "user",
        "user-password-file",
        "user-password-generate",
        "clouduser-password-file",
        "user-ssh-key",
        "hostname",
        "packages",
        "run",
        "address",
        "gateway",
        "nameservers",
    ),
    *("bus", "keep", *WHOLE_FILES),
)
UNATTENDED_KEYS = ("user-login", "admin-password-file", "user-password-file", "product-key", "reg-login")


@settings(max_examples=COUNT, deadline=None)
@given(st.dictionaries(st.sampled_from(CLOUD_KEYS), TEXTS))
def test_any_cloud_init_value_is_valid_or_an_error(values: dict[str, str]) -> None:
    """The value is also used as the file's content."""
    try:
        wanted = from_suboptions(values, lambda source, _option: source)
    except RequestError as error:
        assert error.message
        return
    for name, content in seed_files(wanted, "guest", "iid-1", "52:54:00:12:34:56").items():
        if name in values:
            assert content.decode() == values[name]
        else:
            assert isinstance(yaml.safe_load(content.decode()), dict)


@settings(max_examples=COUNT, deadline=None)
@given(st.sampled_from(sorted(SYSTEMS)), st.dictionaries(st.sampled_from(UNATTENDED_KEYS), TEXTS))
def test_any_unattended_value_is_valid_or_an_error(system: str, values: dict[str, str]) -> None:
    """The answers are parsed in their format."""
    try:
        wanted = answers(system, {key: "/admin" if key.endswith("-file") else value for key, value in values.items()})
    except RequestError as error:
        assert error.message
        return
    files = answer_files(wanted, AnswerTarget("web-1", "x86_64", "/dev/vda"))
    for name, content in files.items():
        if name.endswith(".xml"):
            etree.fromstring(content)
        elif name.endswith(".json"):
            json.loads(content)
        elif name in ("user-data", "meta-data"):
            yaml.safe_load(content)
