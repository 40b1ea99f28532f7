# SPDX-License-Identifier: Apache-2.0
"""A door between gateway and bank that can be shut and opened again: the bank goes on living behind it."""
import contextlib
import selectors
import socket
import threading


class Door:
    """Passes bytes on in both directions. While it is shut, connections are refused and open ones cut."""

    def __init__(self, address):
        host, _, port = address.rpartition(':')
        self.target = (host, int(port))
        self.pairs = []
        self.lock = threading.Lock()
        self.listener = None
        self.address = ('127.0.0.1', 0)
        self.open()

    @property
    def url(self):
        """Where the gateway is to be sent."""
        return f'http://{self.address[0]}:{self.address[1]}'

    def open(self):
        """Lets connections in, always at the same port."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.address)
        self.listener.listen(1024)
        self.address = self.listener.getsockname()
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def shut(self):
        """Refuses connections and cuts those that are open."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def cut(self):
        """Cuts what is open; new connections may come at once."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener):
        while True:
            try:
                inside, _ = listener.accept()
                outside = socket.create_connection(self.target)
            except OSError:
                return
            with self.lock:
                self.pairs.append((inside, outside))
            threading.Thread(target=self._pass_on, args=(inside, outside), daemon=True).start()

    @staticmethod
    def _pass_on(inside, outside):
        with inside, outside, selectors.DefaultSelector() as selector:
            selector.register(inside, selectors.EVENT_READ, outside)
            selector.register(outside, selectors.EVENT_READ, inside)
            with contextlib.suppress(OSError):
                while True:
                    for key, _ in selector.select():
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        key.data.sendall(data)
