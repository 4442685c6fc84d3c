"""The generated random domains are valid, varied and repeatable.

VIRTINSTALL_FUZZ is the number of documents tried (default 500).
"""

from __future__ import annotations

import os
import random

from hypothesis import given
from lxml import etree

from tests.xml.domain_generator import domains, random_domain, validator

COUNT = int(os.environ.get("VIRTINSTALL_FUZZ", "500"))


def test_generated_documents_are_valid() -> None:
    """They are still valid after being written and parsed."""
    for seed in range(COUNT):
        domain = random_domain(random.Random(seed))
        assert validator().validate(domain), etree.tostring(domain)
        assert validator().validate(etree.fromstring(etree.tostring(domain)))


def test_documents_are_varied() -> None:
    """The documents include devices, comments, namespaces, repeated elements and strings beyond ASCII."""
    texts = [etree.tostring(random_domain(random.Random(seed)), encoding="unicode") for seed in range(COUNT)]
    for part in ("<disk", "<interface", "<!-- ", "<?pi", "qemu:commandline", "libosinfo:os", "<backingStore", "日本語"):
        assert any(part in text for text in texts), part
    assert any(text.count("<disk") > 1 for text in texts)


def test_same_seed_generates_the_same_document() -> None:
    """A failure can be reproduced with its seed."""
    first, second = (etree.tostring(random_domain(random.Random(7))) for _ in range(2))
    assert first == second


@given(domains())
def test_strategy_generates_documents(domain: etree._Element) -> None:
    """The documents of the hypothesis strategy have the same kind."""
    assert domain.tag == "domain"
