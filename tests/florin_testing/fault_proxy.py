# SPDX-License-Identifier: Apache-2.0
"""A wire that breaks where a test wants it: between gateway and bank, or between merchant and gateway.

    caller --> FaultProxy --> target

It passes bytes on. Every exchange (a request and its answer) takes the next fault of the plan, and keeps a record of what went
over the wire and when. An exchange begins with the first byte that comes from the caller after an answer.
"""
import contextlib
import dataclasses
import selectors
import socket
import struct
import threading
import time

from florin_testing.messages import fields_of, is_whole

READ_BYTES = 65536
REQUEST, ANSWER = 'request', 'answer'

# What a fault does once byte `at` of its way has been passed on.
CUT = 'cut'                # closes both connections in an orderly way
RESET = 'reset'            # resets them
BLACK_HOLE = 'black_hole'  # swallows everything from there on, and says nothing
HALF_CLOSE = 'half_close'  # tells the receiver that nothing more comes, and goes on in the other direction
DELAY = 'delay'            # pauses for `seconds`, and goes on
SLICES = 'slices'          # passes on byte by byte from the first to the last, wherever `at` is
TAKE_AND_CLOSE = 'take_and_close'  # reads the whole request, passes nothing on, and closes


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that goes wrong in one exchange."""
    what: str
    way: str = REQUEST
    at: int = 0
    seconds: float = 0
    on_reuse: bool = False  # only on a connection that has carried an exchange before


class Exchange:
    """What was heard of a request and its answer, and when."""

    def __init__(self, fault, link):
        self.fault, self.link = fault, link
        self.heard = {REQUEST: b'', ANSWER: b''}
        self.passed = {REQUEST: 0, ANSWER: 0}
        self.began = self.last = time.monotonic()
        self.was_struck = False

    @property
    def key(self):
        """The request's idempotency key; None before its head was heard."""
        return fields_of(self.heard[REQUEST]).get(b'idempotency-key') if b'\r\n\r\n' in self.heard[REQUEST] else None

    @property
    def is_request_whole(self):
        """Was all of the request heard?"""
        return is_whole(self.heard[REQUEST])

    @property
    def was_lost(self):
        """Did no whole answer get through, for certain?"""
        return not is_whole(self.heard[ANSWER][:self.passed[ANSWER]])

    @property
    def was_answered(self):
        """Did a whole answer get through, for certain? A reset may overtake what was sent before it."""
        return not self.was_lost and not (self.was_struck and self.fault.what == RESET)


class FaultProxy:
    """Listens on a loopback port of its own, always the same."""

    def __init__(self, target):
        host, _, port = target.rpartition(':')
        self.target = (host, int(port))
        self.lock = threading.Lock()
        self.plan = []
        self.exchanges = []
        self.links = set()
        self.listener = None
        self.crowd = []  # connections that fill the queue of a listener that takes none
        self.name = ('127.0.0.1', 0)
        self.open()

    @property
    def address(self):
        """host:port, for a client."""
        return f'{self.name[0]}:{self.name[1]}'

    @property
    def url(self):
        """Where a gateway is to be sent."""
        return f'http://{self.address}'

    def meet(self, *faults):
        """The next exchanges take these, one each; None lets one pass. What was left of the plan is dropped."""
        with self.lock:
            self.plan = list(faults)

    def left(self):
        """Faults that no exchange has taken."""
        with self.lock:
            return [fault for fault in self.plan if fault]

    # --- the door ---

    def open(self):
        """Takes connections."""
        self._listen(1024)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _listen(self, backlog):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.name)
        self.listener.listen(backlog)
        self.name = self.listener.getsockname()

    def refuse(self):
        """Ends what is open, and refuses whoever comes."""
        for one in self.crowd:
            one.close()
        self.crowd = []
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            links = list(self.links)
        for link in links:
            link.end()

    def stall(self):
        """Ends what is open; whoever comes now is neither taken nor refused."""
        self.refuse()
        self._listen(0)
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(self.name)
            self.crowd.append(one)

    def heal(self):
        """No more faults; connections are taken."""
        self.meet()
        if self.crowd or self.listener.fileno() < 0:
            self.refuse()
            self.open()

    def close(self):
        """Ends everything."""
        self.refuse()

    def _accept(self, listener):
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            try:
                link = Link(self, caller, socket.create_connection(self.target))
            except OSError:
                caller.close()
                continue
            with self.lock:
                self.links.add(link)
            threading.Thread(target=link.run, daemon=True).start()

    # --- for links ---

    def begin(self, link, is_reused):
        """A new exchange, with the first fault of the plan that fits."""
        with self.lock:
            at = next((index for index, fault in enumerate(self.plan) if not fault or is_reused or not fault.on_reuse), None)
            exchange = Exchange(None if at is None else self.plan.pop(at), link)
            self.exchanges.append(exchange)
            return exchange

    def forget(self, link):
        """It has ended."""
        with self.lock:
            self.links.discard(link)


class Ended(Exception):
    """This link is over."""


class Link:
    """One connection of a caller and the one to the target that belongs to it."""

    def __init__(self, proxy, caller, target):
        self.proxy = proxy
        self.ends = {REQUEST: caller, ANSWER: target}       # where the bytes of a way come from
        self.receivers = {REQUEST: target, ANSWER: caller}  # and where they go
        self.exchange = None
        self.is_dead = {REQUEST: False, ANSWER: False}
        for end in self.ends.values():
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self):
        """Passes on until one side ends or a fault ends both."""
        try:
            with selectors.DefaultSelector() as selector, contextlib.suppress(OSError, Ended):
                for way, end in self.ends.items():
                    selector.register(end, selectors.EVENT_READ, way)
                while True:
                    for key, _ in selector.select():
                        self._move(selector, key.data)
        finally:
            self.proxy.forget(self)
            for end in self.ends.values():
                end.close()

    def end(self):
        """From another thread: ends it as a broken wire would."""
        for end in self.ends.values():
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _move(self, selector, way):
        data = self.ends[way].recv(READ_BYTES)
        if not data:
            self._one_side_ended(selector, way)
            return
        if way == REQUEST and (self.exchange is None or self.exchange.heard[ANSWER]):
            self.exchange = self.proxy.begin(self, is_reused=self.exchange is not None)
        if self.exchange is None:
            raise Ended  # the target speaks first
        self.exchange.heard[way] += data
        if not self.is_dead[way]:
            self._pass(way, data)

    def _one_side_ended(self, selector, way):
        """The target's end is passed on unless it fell into a black hole; the caller's is the end."""
        if way == REQUEST or not self.is_dead[ANSWER]:
            raise Ended
        selector.unregister(self.ends[way])

    def _pass(self, way, data):
        exchange, fault = self.exchange, self.exchange.fault
        if not fault or fault.way != way or exchange.was_struck:
            self._send(way, data)
        elif fault.what == SLICES:
            for byte in data:
                self._send(way, bytes([byte]))
        elif fault.what == TAKE_AND_CLOSE:
            if is_whole(exchange.heard[REQUEST]):
                self._strike(fault)
        else:
            ahead = fault.at - exchange.passed[way]
            self._send(way, data[:ahead])
            if len(data) >= ahead:
                self._strike(fault)
                self._send(way, data[ahead:])

    def _send(self, way, data):
        if data and not self.is_dead[way]:
            self.receivers[way].sendall(data)
            self.exchange.passed[way] += len(data)
            self.exchange.last = time.monotonic()

    def _strike(self, fault):
        self.exchange.was_struck = True
        self.exchange.last = time.monotonic()
        if fault.what == DELAY:
            time.sleep(fault.seconds)
        elif fault.what == BLACK_HOLE:
            self.is_dead = {REQUEST: True, ANSWER: True}
        elif fault.what == HALF_CLOSE:
            self.is_dead[fault.way] = True
            self.receivers[fault.way].shutdown(socket.SHUT_WR)
        else:
            if fault.what == RESET:
                for end in self.ends.values():
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            raise Ended
