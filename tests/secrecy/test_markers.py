# SPDX-License-Identifier: Apache-2.0
"""Marker cards go through every endpoint, fault and crash, and are found in no file, log, metric or answer; nor, soon, in memory."""
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import time

import pytest
from florin_testing import cards
from florin_testing.client import fresh_key
from florin_testing.gateway import crash_points
from florin_testing.kept import Ears, everything_kept
from florin_testing.markers import as_numbers, count_numbers, find_cards, find_cvvs, spellings
from florin_testing.vault import delete, make_master, pay, rotate, stored
from florin_testing.waiting import until
from florin_testing.wire import RawConnection, Wire

# Cards that the bank knows (their CVV is 123), and strangers with CVVs that hardly occur by themselves.
KNOWN = [cards.further(index) for index in (917, 918, 926, 937, 953, 961, 974, 985, 992, 998)]
STRANGERS = [cards.stranger(734000 + 613 * index, cvv) for index, cvv in enumerate(
    ['7391', '8426', '9173', '6482', '3917', '5839', '7264', '9381', '4697', '8153', '739', '846', '973', '682', '917'])]
MARKERS = KNOWN + STRANGERS
NEVER_SENT = {b'7392', b'8427', b'9174', b'6483', b'3918', b'5838', b'7265', b'9382', b'4698', b'8154'}

FAULTS = ['fail', 'internal_500', 'act_then_500', 'act_then_hang_up', 'hang_up', 'hang_up_halfway', 'truncate', 'late', 'slow', 'twice',
          'internal_400', 'internal_400_done', 'wrong_amount', 'wrong_currency', 'garbage', 'html_502', 'plain_400', 'empty_200',
          'not_found_400', 'forget_key', 'huge', 'already_used', 'already_refunded', 'wrong_id']


def check_nothing_is_kept(shop, ears):
    """No marker anywhere, in any spelling."""
    kept = everything_kept(shop.gateway, ears)
    assert {'florin.db', 'gateway.log', 'answers'} <= set(kept) and kept['gateway.log']
    for where, data in kept.items():
        assert not find_cards(data, [card['number'] for card in MARKERS]), f'a card number in {where}'
        assert not find_cvvs(data, MARKERS), f'a CVV in {where}'
    texts = b'\n'.join(data for where, data in kept.items() if where in ('gateway.log', 'answers'))
    sent = {card['cvv'].encode() for card in STRANGERS if len(card['cvv']) == 4}
    assert count_numbers(texts, sent) <= count_numbers(texts, NEVER_SENT) + len(sent), 'CVVs occur more often than by chance'


def pay_everywhere(shop, marker):
    """A marker card through every endpoint, and into every place where it does not belong."""
    client, number = shop.client, marker['number']
    answer = client.authorize(100, marker, metadata={'a': 'b'}, description='x')
    payment = answer.json.get('payment_id') or answer.json['id']
    client.capture(payment)
    client.refund(payment)
    client.void(payment)
    for target in (f'/v1/payments/{payment}', f'/v1/payments/{payment}/events', '/v1/payments?limit=5', '/metrics', '/docs', '/openapi.json'):
        client.look(target)
    spaced = f'{number[:4]} {number[4:8]} {number[8:12]} {number[12:]}'
    for text in (number, spaced, spaced.replace(' ', '-'), f'card {number}!'):
        for more in ({'order_id': text}, {'customer_id': text}, {'description': text}, {'metadata': {'a': text}}, {'metadata': {text: 'a'}},
                     {text: 1}, {'currency': text}, {'capture': text}, {'amount': text}, {'card': text}, {'card': {**marker, text: 1}},
                     {'card': {**marker, 'number': text + '0'}}, {'card': {**marker, 'cvv': text}}, {'card': {**marker, 'expiry_year': text}}):
            client.post('/v1/payments', {**client.wish(100, marker), **more}, is_good=False)
        client.ask('POST', '/v1/payments', client.wish(100, marker), [('Idempotency-Key', text)], is_good=False)
        client.ask('GET', '/healthz', headers=[('X-Request-Id', text), ('User-Agent', text), ('Referer', text), ('Accept', text)], is_good=False)
        client.ask('POST', '/v1/payments', client.wish(100, marker),
                   [('Idempotency-Key', fresh_key()), ('X-Request-Id', text.replace(' ', '')), ('Content-Type', text)], is_good=False)
    for target in (f'/v1/payments/{number}', f'/v1/orders/{number}', f'/v1/payments?order_id={number}', f'/{number}', f'/problems/{number}',
                   f'/v1/payments?{number}=1', f'/v1/payments?cursor={number}', f'/v1/orders/%34{number[1:]}', f'/{spaced.replace(" ", "-")}'):
        client.look(target, is_good=False)
    client.look('/v1/orders/nobody', headers=[('traceparent', f'00-{"a" * 8}{number}{"b" * 8}-{"c" * 16}-01')])


def store_everywhere(shop, marker):
    """A marker card is stored, shown, paid with, used up, and at last forgotten; and what is wrong with it is told."""
    client, number = shop.client, marker['number']
    kept, single = stored(client, marker), stored(client, marker, single_use=True)
    for token in (kept, single, single):
        pay(client, token)
    pay(client, kept, cvv=marker['cvv'])
    client.look(f'/v1/tokens/{kept["id"]}')
    for body in ({'card': {**marker, 'number': number + '0'}}, {'card': marker, number: 1}, {'card': marker, 'single_use': number},
                 {'card': {**marker, 'cvv': number}}, {'card': number}):
        client.post('/v1/tokens', body, is_good=False)
    for body in ({'token': number}, {'token': kept['id'], 'cvv': number}, {'token': kept['id'], 'card': marker}):
        client.post('/v1/payments', {**client.wish(100, marker), **body}, is_good=False)
    for target in (f'/v1/tokens/{number}', f'/v1/tokens/{kept["id"]}?a={number}'):
        client.look(target, is_good=False)
        client.ask('DELETE', target, is_good=False)
    return kept


def break_requests(shop, marker):
    """The same bytes cut, doubled and wrapped, so that every refusal has held a card once."""
    client, body = shop.client, json.dumps(shop.client.wish(100, marker)).encode()
    for bad in (body[:-1], body + body, b'[' + body + b']', body.replace(b'}', b',}'), b'[' * 20 + body, body.replace(b'"cvv"', b'"number"'),
                body + b' ' * 70000, body.replace(b'"100"', b'"\xff"'), body[:60]):
        with contextlib.suppress(OSError, http.client.HTTPException):
            client.post('/v1/payments', bad, is_good=False)
    number = marker['number'].encode()
    for raw in (b'GET /' + number * 600 + b' HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', b'GET /%s HTTP/1.1\r\n\r\n' % number, b'%s / HTTP/1.1\r\n\r\n' % number,
                b'POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: %s\r\nContent-Length: 5, 5\r\n\r\n' % number,
                b'GET / HTTP/1.1\r\nHost: %s\r\nX: %s\r\n\r\n' % (number, number * 1100)):
        with RawConnection(shop.gateway.address) as connection, contextlib.suppress(OSError, http.client.HTTPException):
            connection.send(raw)
            connection.answer('GET')


def test_nothing_is_kept_of_cards_that_came_to_every_door(open_shop):
    shop, ears = open_shop(), Ears()
    with ears.open():
        for marker in MARKERS:
            pay_everywhere(shop, marker)
        for marker in MARKERS[::4]:
            break_requests(shop, marker)
    shop.all_settled()
    check_nothing_is_kept(shop, ears)  # with the write-ahead log as it is
    shop.gateway.stop()
    check_nothing_is_kept(shop, ears)


def test_nothing_is_kept_of_cards_that_are_stored(open_shop, tmp_path):
    """They lie there for years, sealed: in the file, its log and a backup, over a change of all keys and after they were forgotten."""
    shop, ears = open_shop(master_key_file=make_master(tmp_path)), Ears()
    with ears.open():
        tokens = [store_everywhere(shop, marker) for marker in MARKERS]
        shop.all_settled()
        check_nothing_is_kept(shop, ears)
        rotate(shop.gateway)
        rotate(shop.gateway, '--data-key')
        assert shop.gateway.command('backup', '--to', str(shop.gateway.folder / 'copy.db'), settings={'runtime_dir': None, 'bank_url': None})[0] == 0
        check_nothing_is_kept(shop, ears)
        for token in tokens:
            delete(shop.client, token).expect(200)
    check_nothing_is_kept(shop, ears)
    shop.gateway.kill()
    check_nothing_is_kept(shop, ears)


def test_nothing_is_kept_whatever_the_bank_does(open_shop):
    shop, ears, supply = open_shop(answer_within_ms=700, bank_timeout_ms=2000), Ears(), itertools.cycle(MARKERS)
    with ears.open():
        for fault in FAULTS:
            for path in ('authorizations', 'captures', 'voids', 'refunds'):
                shop.bank.clear_faults()
                shop.bank.fault(fault, f'/api/v1/{path}')
                answer = shop.client.authorize(100, next(supply), capture='automatic' if path == 'captures' else None)
                payment = answer.json.get('payment_id') or answer.json.get('id')
                if answer.status == 201 and path in ('voids', 'refunds'):
                    shop.client.change(payment, path[:-1])
    check_nothing_is_kept(shop, ears)
    shop.gateway.kill()
    check_nothing_is_kept(shop, ears)


def test_nothing_is_kept_over_crashes(open_shop):
    """Killed after each step of an authorization, with the card in doubt; looked at while it lies there dead."""
    shop, ears, supply = open_shop(answer_within_ms=2000, flows_max=512), Ears(), itertools.cycle(MARKERS)  # few slots to search
    with ears.open():
        for point in crash_points():
            marker, key = next(supply), fresh_key()
            wish = shop.client.wish(100, marker)
            shop.bank.clear_faults()
            shop.bank.fault('act_then_hang_up', '/api/v1/authorizations')
            shop.gateway.kill().launch(env={'FLORIN_CRASH_AT': point})
            if shop.gateway.hear_address():
                with contextlib.suppress(OSError, http.client.HTTPException):
                    shop.client.post('/v1/payments', wish, key)
            if shop.gateway.is_running():
                shop.gateway.kill()
            check_nothing_is_kept(shop, ears)
            shop.gateway.start()
            until(lambda wish=wish, key=key: shop.client.post('/v1/payments', wish, key).status != 202, 'it ends')
    check_nothing_is_kept(shop, ears)


def test_what_is_in_doubt_lies_sealed(open_shop):
    """While the bank says nothing, the card is in the store (sealed) and its key on tmpfs: neither shows it, both are for the owner only."""
    shop, ears = open_shop(answer_within_ms=300), Ears()
    shop.bank.fault('silence', '/api/v1/authorizations', times=0)
    with ears.open():
        for marker in MARKERS[:6]:
            shop.client.authorize(100, marker).expect(202)
        check_nothing_is_kept(shop, ears)
        shop.gateway.kill()
        check_nothing_is_kept(shop, ears)
    for file in shop.gateway.runtime.rglob('*'):
        assert not file.is_file() or file.stat().st_mode & 0o077 == 0, f'others may read {file.name}'


# --- memory ---

PIECE_BYTES, OVERLAP_BYTES = 1 << 24, 256

def memory_of(pid):
    """All that the process can write to and that is really there, piece by piece."""
    with open(f'/proc/{pid}/maps', encoding='utf-8') as maps, open(f'/proc/{pid}/mem', 'rb', buffering=0) as memory:
        for line in maps:
            start, end = (int(text, 16) for text in line.split()[0].split('-'))
            if 'rw' not in line.split()[1] or end - start > 1 << 32:  # a sanitizer's shadow has terabytes of address space
                continue
            for at in range(start, end, PIECE_BYTES):
                with contextlib.suppress(OSError):  # some pages are not for reading
                    memory.seek(at)
                    yield memory.read(min(PIECE_BYTES + OVERLAP_BYTES, end - at))


def secrets_in_memory(pid):
    """Which CVVs lie there, behind their name or behind their card's number."""
    return {(number[-4:], how) for piece in memory_of(pid) for number, how in find_cvvs(piece, MARKERS)}


def test_a_cvv_leaves_the_memory_within_a_second(open_shop, tmp_path):
    """1. While a card is at the bank its CVV is there. 2. After answers, declines, faults and refusals, a second later, none is."""
    shop = open_shop(master_key_file=make_master(tmp_path))
    if os.geteuid() != 0:
        pytest.skip('NOT TESTED: the memory of the process. Only root may read it')
    pid = shop.gateway.process.pid
    shop.bank.settings(latency_ms='8000:8000')  # the search is slow where a sanitizer has filled the memory
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(shop.client.authorize, 100, STRANGERS[0])
        until(lambda: shop.asked(), 'it is at the bank')
        assert secrets_in_memory(pid), 'the search finds nothing even where something is'
        answer.result()
    shop.bank.settings(latency_ms='0:0')
    for marker in MARKERS:
        shop.client.authorize(100, marker)
        break_requests(shop, marker)
        store_everywhere(shop, marker)
    shop.bank.fault('act_then_hang_up', '/api/v1/authorizations', times=5)
    for marker in MARKERS[:5]:
        shop.client.authorize(100, marker)
    shop.all_settled()
    time.sleep(1)  # the promise is a second, so a second is what it gets
    assert not secrets_in_memory(pid)


def in_pieces(body, framing):
    """The request that carries it, piece by piece: after the head, as clients and networks may cut it."""
    head = f'POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nIdempotency-Key: {fresh_key()}\r\n{framing}\r\n\r\n'
    yield head.encode()
    for at in range(0, len(body), 1500):
        piece = body[at:at + 1500]
        yield piece if 'Length' in framing else b'%x\r\n%s\r\n' % (len(piece), piece)
    yield b'' if 'Length' in framing else b'0\r\n\r\n'


def test_a_body_that_comes_in_pieces_leaves_no_copy(open_shop):
    """1. Two bodies outgrow the place that they were first put to, with the card at their beginning. 2. While the bank thinks, the cards
    are there, but nothing of what came."""
    shop = open_shop()
    if os.geteuid() != 0:
        pytest.skip('NOT TESTED: the memory of the process. Only root may read it')
    shop.bank.settings(latency_ms='8000:8000')
    told, pid = [], shop.gateway.process.pid
    with contextlib.ExitStack() as stack:
        for card, is_chunked in zip(STRANGERS, (False, True)):
            wish = {'card': card, **shop.client.wish(100, card, metadata={f'note {number}': 'x' * 500 for number in range(20)})}
            body = json.dumps(wish, separators=(',', ' :  ')).encode()
            told.append(b'"number" :  "%s"' % card['number'].encode())
            assert told[-1] in body[:200]
            connection = stack.enter_context(RawConnection(shop.gateway.address))
            for piece in in_pieces(body, 'Transfer-Encoding: chunked' if is_chunked else f'Content-Length: {len(body)}'):
                connection.send(piece)
                time.sleep(0.02)  # so that it is read by itself
        until(lambda: len(shop.asked()) == len(told), 'both are at the bank')
        memory = list(memory_of(pid))
        assert any(card['number'].encode() in piece for card in STRANGERS[:1] for piece in memory), 'the search finds nothing even where something is'
        assert not [text for text in told if any(text in piece for piece in memory)]


def test_the_search_finds_what_is_there():
    """The search itself: each spelling is found, and nothing in noise."""
    number = MARKERS[0]['number']
    for name, text in {**spellings(number), **as_numbers(number)}.items():
        assert (number, name) in find_cards(b'\x00\xff' + text + b'{}', [number]), name
    assert find_cvvs(b'{"cvv": "7391"}', STRANGERS[:1]) and find_cvvs(STRANGERS[0]['number'].encode() + b'\0\0\0\0' + b'7391\0', STRANGERS[:1])
    assert not find_cards(os.urandom(1 << 20), [card['number'] for card in MARKERS])
    assert not find_cvvs(b'{"duration_us": 7391}', STRANGERS)
