"""Writes PKCS#12 files that OpenSSL 3.0 and keytool cannot write: `python3 pkcs12.py` (Python 3.11).

`ber.p12` is `openssl-1.1.p12`, and `ber-no-mac.p12` is `no-mac.p12`, with indefinite lengths and with octet strings in
parts of 500 bytes, as Bouncy Castle and old versions of Windows write them. `pbmac1.p12` is `no-mac.p12` with the code
of RFC 9579.
"""
import hashlib
import hmac
import pathlib


def read(data):
    """The elements of DER: tag, content."""
    while data:
        tag, length, at = data[0], data[1], 2
        if length >= 0x80:
            at += length & 0x7F
            length = int.from_bytes(data[2:at])
        yield tag, data[at : at + length]
        data = data[at + length :]


def der(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size) + content


def ber(data):
    """The same elements with indefinite lengths, and with long strings in parts."""
    out = b""
    for tag, content in read(data):
        if tag & 0x20:
            out += bytes([tag, 0x80]) + ber(content) + bytes(2)
        elif len(content) > 500:
            # The content of `EncryptedData` has the implicit tag 0, and is encrypted.
            parts = b"".join(der(4, content[at : at + 500]) for at in range(0, len(content), 500))
            out += bytes([tag | 0x20, 0x80]) + parts + bytes(2)
        else:
            out += der(tag, content)
    return out


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = bytes([40 * first + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        out += bytes(reversed(groups))
    return der(6, out)


def sequence(*parts):
    return der(0x30, *parts)


def number(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1))


folder = pathlib.Path(__file__).parent


def safes(name):
    """The beginning of a file, the content of its outer string, and the message authentication code."""
    ((_, pfx),) = read((folder / name).read_bytes())
    version, (_, info), *mac = read(pfx)
    _, (_, content) = read(info)
    ((_, safes),) = read(content)
    return der(*version), safes, [der(*element) for element in mac]


def pfx(version, safes, mac):
    return sequence(version, sequence(oid("1.2.840.113549.1.7.1"), der(0xA0, der(4, safes))), *mac)


# The message authentication code covers the content of the outer string, so that stays as it is.
(folder / "ber.p12").write_bytes(ber(pfx(*safes("openssl-1.1.p12"))))

version, content, mac = safes("no-mac.p12")
(folder / "ber-no-mac.p12").write_bytes(ber(pfx(version, ber(content), mac)))

salt = b"salt of PBMAC1"
sha256 = sequence(oid("1.2.840.113549.2.9"), der(5))
parameters = sequence(der(4, salt), number(2048), number(32), sha256)
derivation = sequence(oid("1.2.840.113549.1.5.12"), parameters)
algorithm = sequence(oid("1.2.840.113549.1.5.14"), sequence(derivation, sha256))
key = hashlib.pbkdf2_hmac("sha256", b"test", salt, 2048, 32)
digest = hmac.digest(key, content, "sha256")
mac = sequence(sequence(algorithm, der(4, digest)), der(4, b"unused"), number(1))
(folder / "pbmac1.p12").write_bytes(pfx(version, content, [mac]))
