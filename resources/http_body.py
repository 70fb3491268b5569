"""Reading a response body within a cap: the guard against endless bodies and decompression bombs.

Belongs here: counting what comes over the wire and what comes out of decompression. Does not belong here: requests
(``http_client.py``) or what the bytes mean.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import urllib3

from resources.http_errors import MediaTypeRefusedError, TooLargeError

CHUNK_BYTES = 65536
"""Bytes read from the wire at a time."""
_GZIP_MAGIC = b"\x1f\x8b"
_ZLIB_METHOD = 8
"""Deflate, in the low four bits of a zlib stream's first byte (RFC 1950 2.2)."""


def pieces(url: str, answer: urllib3.BaseHTTPResponse, max_bytes: int) -> Iterator[bytes]:
    """Yield the body as it comes over the wire.

    Raises:
        TooLargeError: more than ``max_bytes`` came.
    """
    received = 0
    while piece := answer.read(CHUNK_BYTES, decode_content=False):
        received += len(piece)
        if received > max_bytes:
            raise _too_large(url, max_bytes)
        yield piece


def decoded(url: str, pieces: Iterable[bytes], coding: str, max_bytes: int) -> bytes:
    """Undo one content coding, never holding more than the cap plus one piece.

    Raises:
        TooLargeError: more than ``max_bytes`` come out.
        MediaTypeRefusedError: an unknown coding, or several on top of each other.
        zlib.error: not what the coding says, or cut short.
    """
    if coding in ("", "identity"):
        return b"".join(pieces)
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise MediaTypeRefusedError(url, f"{url} is encoded as '{coding}', which was not asked for.")
    body = bytearray()
    inflater: Any = None
    for piece in pieces:
        rest = piece
        while rest:
            if inflater is None:
                inflater = zlib.decompressobj(_window_bits(coding, rest))
            body += inflater.decompress(rest, max_bytes - len(body) + 1)
            if len(body) > max_bytes:
                raise _too_large(url, max_bytes)
            rest = inflater.unconsumed_tail or inflater.unused_data
            if inflater.eof:
                # a gzip file may have several members; what follows the last one is padding
                inflater, rest = (None, rest) if rest.startswith(_GZIP_MAGIC) else (inflater, b"")
    if inflater is not None and not inflater.eof:
        raise zlib.error("cut short")
    return bytes(body)


def _window_bits(coding: str, start: bytes) -> int:
    if coding != "deflate":
        return 16 + zlib.MAX_WBITS
    # RFC 9110 means zlib by deflate, but some servers send the bare stream
    return zlib.MAX_WBITS if start[0] & 0x0F == _ZLIB_METHOD else -zlib.MAX_WBITS


def _too_large(url: str, max_bytes: int) -> TooLargeError:
    return TooLargeError(url, f"The body of {url} is larger than {max_bytes / 1048576:g} MiB, the most that is read.")
