"""Servers that misbehave on the wire, which no well-made HTTP server can be talked into."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket, int], None]
"""What to do with a connection, given how many came before it; the request has been read."""


@contextmanager
def raw_server(behaviour: Behaviour, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve connections on loopback by ``behaviour``, over TLS if given a context; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                connection.recv(65536)
                behaviour(connection, number)

    def accept() -> None:
        number = 0
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection, number), daemon=True).start()
                number += 1

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        # close alone leaves a blocked accept() waiting
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
