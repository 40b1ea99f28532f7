# SPDX-License-Identifier: Apache-2.0
"""Finds card numbers and CVVs in bytes, however they are written."""
import base64
import itertools
import os
import re

BESIDE_BYTES = 40  # so near to its name or its number a CVV is one


def spellings(digits):
    """The ways in which digits might come to lie in a file: {name: bytes}. Those of a beginning begin those of the whole."""
    text = digits.encode()
    found = {
        'as it is': text,
        'hex': text.hex().encode(),
        'HEX': text.hex().upper().encode(),
        'URL': b''.join(b'%%%02X' % byte for byte in text),
        'UTF-16, little end first': digits.encode('utf-16-le'),
        'UTF-16, big end first': digits.encode('utf-16-be'),
        'JSON escapes': b''.join(b'\\u%04x' % byte for byte in text),
        'two digits a byte': bytes.fromhex(digits[:len(digits) // 2 * 2]),
        'with spaces': ' '.join(digits[at:at + 4] for at in range(0, len(digits), 4)).encode(),
        'with dashes': '-'.join(digits[at:at + 4] for at in range(0, len(digits), 4)).encode(),
    }
    for shift in range(3):  # at its three alignments, without the characters that depend on the neighbors
        whole = base64.b64encode(b'\0' * shift + text)
        found[f'base64, moved by {shift}'] = whole[4 if shift else 0:len(whole) - 4]
    return found


def as_numbers(digits):
    """As eight bytes of a machine's number."""
    number = int(digits)
    return {'a number, little end first': number.to_bytes(8, 'little'), 'a number, big end first': number.to_bytes(8, 'big')}


def alike(numbers):
    """Groups of numbers that begin alike."""
    return [list(group) for _, group in itertools.groupby(sorted(numbers), key=lambda number: number[:8])]


def find_cards(data, numbers):
    """Every (card number, spelling) that occurs in the bytes. Looks for what numbers have in common first, because that is quick."""
    found = [(number, name) for number in numbers for name, text in as_numbers(number).items() if text in data]
    for group in alike(numbers):
        common = os.path.commonprefix(group)
        for name, text in spellings(common).items():
            if text in data:
                found += [(number, name) for number in group if spellings(number)[name] in data]
    return found


def places_of(data, wanted):
    """Where it stands in the bytes."""
    at = data.find(wanted)
    while at >= 0:
        yield at
        at = data.find(wanted, at + 1)


def find_cvvs(data, cards):
    """Every CVV that stands behind its name, or behind its card's number, as (card number, how)."""
    found = set()
    cvvs = {card['cvv'].encode(): card['number'] for card in cards}
    for name in (b'cvv', b'cvc', b'CVV'):
        for at in places_of(data, name):
            beside = re.match(rb'\W{1,12}(\d{3,4})(?!\d)', data[at + 3:at + 3 + BESIDE_BYTES])
            if beside and beside.group(1) in cvvs:
                found.add((cvvs[beside.group(1)], 'behind its name'))
    for group in alike([card['number'] for card in cards]):
        for at in places_of(data, os.path.commonprefix(group).encode()):
            for card in cards:
                beside = rb'%s\D{0,24}%s(?!\d)' % (card['number'].encode(), card['cvv'].encode())
                if re.match(beside, data[at:at + BESIDE_BYTES + len(card['number'])], re.S):
                    found.add((card['number'], 'behind its number'))
    return sorted(found)


def count_numbers(data, wanted):
    """How often these digits stand alone, without digits or letters beside them."""
    return sum(1 for match in re.finditer(rb'(?<![0-9A-Za-z])\d{3,4}(?![0-9A-Za-z])', data) if match.group() in wanted)
