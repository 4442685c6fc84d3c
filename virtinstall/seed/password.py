"""Passwords for a seed, which are generated or read from a file, and hashed.

The hash is SHA-512 crypt, which every installer and every cloud-init supports. It is computed here with hashlib:
Python's `crypt` was removed in 3.13, passlib is no longer maintained, and another program might not be installed.
`crypt(3)` of any system and `openssl passwd -6` return the same hash.

Source: https://www.akkadia.org/drepper/SHA-crypt.txt (algorithm and test vectors, public domain)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from virtinstall.errors import RequestError

ReadFile = Callable[[str, str], str]
"""A function that returns the content of a file; its arguments are a path or URL, and the option for messages."""
_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# without characters that look similar in a terminal's font
_READABLE = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_DIGEST = 64
_ROUNDS = 5000
_SALT_LENGTH = 16
_LONGEST = 256


def new_password(length: int = 16) -> str:
    """Return a random password of `length` characters that is easy to type.

    Each character provides 5.8 bits of entropy, and the default length provides 93 bits.
    """
    import secrets

    return "".join(secrets.choice(_READABLE) for _ in range(length))


def first_line(text: str, option: str) -> str:
    """Return the password, which is the first line of `text`, the content of a file.

    `option` is the start of messages.

    Raises: RequestError, if the password is empty or too long.
    """
    # str.splitlines also splits at characters that are not line ends in editors and that a password may contain
    line = text.partition("\n")[0].removesuffix("\r")
    if not line:
        raise RequestError(f"{option}: the file's first line is empty", hint="write the password on the first line")
    if len(line.encode()) > _LONGEST:
        raise RequestError(
            f"{option}: the password is longer than {_LONGEST} bytes",
            hint="write a shorter password on the first line of the file",
        )
    return line


def hash_password(password: str, salt: str | None = None) -> str:
    """Return the hash `$6$SALT$HASH` of the password, computed with SHA-512 crypt.

    If `salt` is None, a random salt is used. Only the first 16 characters of a salt are used.
    """
    if salt is None:
        import secrets

        salt = "".join(secrets.choice(_ALPHABET) for _ in range(_SALT_LENGTH))
    salt = salt[:_SALT_LENGTH]
    return f"$6${salt}${_encode(_sha512_crypt(password.encode(), salt.encode()))}"


def _sha512_crypt(key: bytes, salt: bytes) -> bytes:
    """Return the digest, computed by the numbered steps of the source."""
    inner = hashlib.sha512(key + salt + key).digest()
    start = key + salt + _stretch(inner, len(key))
    bits = len(key)
    while bits:
        start += inner if bits & 1 else key
        bits >>= 1
    digest = hashlib.sha512(start).digest()
    of_key = _stretch(hashlib.sha512(key * len(key)).digest(), len(key))
    of_salt = _stretch(hashlib.sha512(salt * (16 + digest[0])).digest(), len(salt))
    for number in range(_ROUNDS):
        odd = number & 1
        block = of_key if odd else digest
        if number % 3:
            block += of_salt
        if number % 7:
            block += of_key
        digest = hashlib.sha512(block + (digest if odd else of_key)).digest()
    return digest


def _stretch(digest: bytes, length: int) -> bytes:
    return (digest * (length // _DIGEST + 1))[:length]


def _encode(digest: bytes) -> str:
    """Return crypt's base64 of the digest: groups of three bytes, 21 apart, each group shifted by one position."""
    text = ""
    first, second, third = 0, 21, 42
    for _ in range(21):
        text += _base64(digest[first] << 16 | digest[second] << 8 | digest[third], 4)
        first, second, third = second + 1, third + 1, first + 1
    return text + _base64(digest[63], 2)


def _base64(value: int, length: int) -> str:
    return "".join(_ALPHABET[value >> 6 * place & 63] for place in range(length))
