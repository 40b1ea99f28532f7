# SPDX-License-Identifier: Apache-2.0
"""A TLS front before the simulated bank: a good one, or one that is broken in a way that a test chooses.

    gateway --https--> TlsFront --http--> bank

It counts what came through the encryption: a gateway that does not trust it has not said a word inside.
"""
import contextlib
import socket
import ssl
import struct
import threading

from florin_testing.messages import take_message

READ_BYTES = 65536
STALL_SECONDS_MAX = 60  # the gateway hangs up long before


def tls_context(certificate, whole_chain=True, least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.TLSv1_3, ciphers=None, asks_for=None):
    """A server's side of TLS, as weak as it is told to be. `asks_for`: clients must show a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(f'{ciphers or "ALL"}:@SECLEVEL=0')  # weak keys and digests are for the other side to refuse
    context.minimum_version, context.maximum_version = least, most
    if certificate:
        context.load_cert_chain(certificate.chain(whole_chain), certificate.key_file)
    if asks_for:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(asks_for.file)
    return context


class TlsFront:
    """Listens on loopback for as long as the test runs. `welcome(connection)` gives a TLS socket, or None when there is none."""

    def __init__(self, bank_address):
        host, _, port = bank_address.rpartition(':')
        self.bank = (host, int(port))
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.welcome = None
        self.relay = relay_plainly
        self.lock = threading.Lock()
        self.open_ones = set()
        self.heard_inside = b''   # what came through the encryption
        self.heard_outside = b''  # what came to a server that speaks no TLS
        self.visits = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, welcome, relay=None):
        """From now on, every connection is met like this; those of before are closed and their words forgotten."""
        with self.lock:
            self.welcome, self.relay = welcome, relay or relay_plainly
            self.heard_inside = self.heard_outside = b''
            self.visits = 0
            for connection in self.open_ones:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        """Takes no more connections, and ends those that are open."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.serve(None)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.visits += 1
                self.open_ones.add(connection)
                manners = self.welcome, self.relay
            threading.Thread(target=self._meet, args=(connection, *manners), daemon=True).start()

    def _meet(self, connection, welcome, relay):
        connection.settimeout(STALL_SECONDS_MAX)
        try:
            with connection, contextlib.suppress(OSError):
                inside = welcome(self, connection)
                if inside:
                    self._relay(relay, inside)
        finally:
            with self.lock:
                self.open_ones.discard(connection)

    def _relay(self, relay, inside):
        with self.lock:
            self.open_ones.add(inside)
        try:
            with inside:
                relay(self, inside)
        finally:
            with self.lock:
                self.open_ones.discard(inside)

    def hear(self, inside):
        """The next bytes that came through the encryption."""
        data = inside.recv(READ_BYTES)
        self.heard_inside += data
        return data

    def ask_bank(self, request):
        """The bank's whole answer to one whole request."""
        with socket.create_connection(self.bank, timeout=STALL_SECONDS_MAX) as bank:
            bank.sendall(request)
            return take_message(lambda: bank.recv(READ_BYTES))


# --- relays: what happens inside ---

def relay_plainly(front, inside):
    """Request by request to the bank and back."""
    while request := take_message(lambda: front.hear(inside)):
        inside.sendall(front.ask_bank(request))


def relay_without_length(says_goodbye):
    """Answers end with the connection instead of with their length; with TLS's own goodbye, or cut off as anybody on the way can."""
    def relay(front, inside):
        request = take_message(lambda: front.hear(inside))
        if not request:
            return
        head, _, body = front.ask_bank(request).partition(b'\r\n\r\n')
        lines = [line for line in head.split(b'\r\n') if not line.lower().startswith((b'content-length', b'connection'))]
        inside.sendall(b'\r\n'.join([*lines, b'Connection: close']) + b'\r\n\r\n' + body)
        if says_goodbye:
            with contextlib.suppress(OSError):
                inside.unwrap()
    return relay


def relay_spoilt(front, inside):
    """The bank acts, and its answer comes as a record that does not verify."""
    request = take_message(lambda: front.hear(inside))
    if request:
        front.ask_bank(request)
        with socket.socket(fileno=inside.detach()) as raw:
            raw.sendall(record(23, bytes(64)))


def relay_goodbye(front, inside):
    """The bank acts; instead of its answer comes an orderly end."""
    request = take_message(lambda: front.hear(inside))
    if request:
        front.ask_bank(request)
        inside.unwrap()


# --- welcomes: how a connection begins ---

def with_tls(context):
    """A whole handshake, as that context has it."""
    return lambda front, connection: context.wrap_socket(connection, server_side=True)


def record(kind, payload, version=b'\x03\x03'):
    """One TLS record as it looks on the wire."""
    return bytes([kind]) + version + struct.pack('>H', len(payload)) + payload


def listen_outside(front, connection):
    """What the other side says before it has heard anything."""
    data = connection.recv(READ_BYTES)
    front.heard_outside += data
    return data


def saying(answer):
    """These bytes instead of a handshake; answer(hello) may depend on what came."""
    def welcome(front, connection):
        hello = listen_outside(front, connection)
        connection.sendall(answer(hello))
        connection.shutdown(socket.SHUT_WR)
        while listen_outside(front, connection):
            pass
    return welcome


def hang_up(front, connection):
    """Closes without having read or said anything."""


def reset(front, connection):
    """Reads the greeting, and resets the connection."""
    listen_outside(front, connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))


def stall(front, connection):
    """Reads, and never says anything."""
    while listen_outside(front, connection):
        pass


def own_flight(context, hello):
    """What a server of that context would say to this greeting."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(hello)
    with contextlib.suppress(ssl.SSLWantReadError):
        server.do_handshake()
    return outgoing.read()


def half_a_flight(context, then_stalls=False):
    """Begins the handshake well, and breaks off in the middle of it."""
    def welcome(front, connection):
        flight = own_flight(context, listen_outside(front, connection))
        connection.sendall(flight[:len(flight) // 2])
        if then_stalls:
            stall(front, connection)
    return welcome


def flipped_bit(context):
    """Somebody on the way changes one bit of what a good server says."""
    def answer(hello):
        flight = bytearray(own_flight(context, hello))
        flight[len(flight) // 2] ^= 1
        return bytes(flight)
    return saying(answer)
