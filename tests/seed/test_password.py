"""Passwords: generated, read, hashed in the form that every installer supports."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virtinstall.errors import RequestError
from virtinstall.seed.password import first_line, hash_password, new_password


def test_hash_is_that_of_crypt() -> None:
    """crypt(3) and openssl return it for this password and salt."""
    assert hash_password("Hello world!", "saltstring") == (
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=90))
def test_openssl_computes_the_same_hash(password: str) -> None:
    """The password is random."""
    messages = subprocess.run(
        ["openssl", "passwd", "-6", "-salt", "abc./XYZ09", "-stdin"],
        input=password + "\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    assert hash_password(password, "abc./XYZ09") == messages.stdout.strip()


def test_each_hash_has_a_new_salt() -> None:
    """Equal passwords have different hashes."""
    assert hash_password("secret") != hash_password("secret")


def test_generated_passwords_are_long_and_unique() -> None:
    """They consist of ASCII letters and digits, so that they can be typed."""
    created = {new_password() for _ in range(100)}
    assert len(created) == 100
    assert all(len(one) == 16 and one.isalnum() and one.isascii() for one in created)


def test_password_is_the_first_line() -> None:
    """Spaces belong to the password, the end of the line does not."""
    assert first_line(" two terms \nrest\n", "--x") == " two terms "
    assert first_line("from Windows\r\nrest\r\n", "--x") == "from Windows"
    assert first_line("a\x0bb\x1cc\x85d\u2028e\n", "--x") == "a\x0bb\x1cc\x85d\u2028e"


@pytest.mark.parametrize("text", ["", "\n", "\nsecret\n", "x" * 300])
def test_empty_or_long_first_line_is_an_error(text: str) -> None:
    """The error contains the option, but not the content."""
    with pytest.raises(RequestError, match="root-password-file") as raised:
        first_line(text, "--cloud-init root-password-file")
    assert "secret" not in raised.value.message
