# SPDX-License-Identifier: Apache-2.0
"""Requests that are wrong as HTTP already: of two ways to understand one, neither is taken."""
import concurrent.futures
import json
import time

import pytest
from florin_testing.client import fresh_key
from florin_testing.wire import RawConnection

HOST = b'Host: 127.0.0.1\r\n'
TYPE = b'Content-Type: application/json\r\n'


def get(line=b'GET /healthz HTTP/1.1', headers=HOST):
    return line + b'\r\n' + headers + b'\r\n'


def post(headers, body=b'', line=b'POST /v1/payments HTTP/1.1'):
    return line + b'\r\n' + HOST + TYPE + b'Idempotency-Key: k\r\n' + headers + b'\r\n' + body


MALFORMED = (400, 'malformed_request')

# what                                  bytes                                                                          answer
ROWS = [
    ('no host',                         get(headers=b''),                                                              MALFORMED),
    ('two hosts',                       get(headers=HOST + HOST),                                                      MALFORMED),
    ('a host with a user',              get(headers=b'Host: a@127.0.0.1\r\n'),                                         MALFORMED),
    ('an empty host',                   get(headers=b'Host:\r\n'),                                                     MALFORMED),
    ('both lengths',                    post(b'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', b'0\r\n\r\n'),    MALFORMED),
    ('both lengths, turned around',     post(b'Transfer-Encoding: chunked\r\nContent-Length: 2\r\n', b'0\r\n\r\n'),    MALFORMED),
    ('two lengths',                     post(b'Content-Length: 2\r\nContent-Length: 3\r\n', b'{}'),                    MALFORMED),
    ('two equal lengths',               post(b'Content-Length: 2\r\nContent-Length: 2\r\n', b'{}'),                    MALFORMED),
    ('a list of lengths',               post(b'Content-Length: 2, 2\r\n', b'{}'),                                      MALFORMED),
    ('a length with a plus',            post(b'Content-Length: +2\r\n', b'{}'),                                        MALFORMED),
    ('a length in hex',                 post(b'Content-Length: 0x2\r\n', b'{}'),                                       MALFORMED),
    ('an empty length',                 post(b'Content-Length:\r\n', b'{}'),                                           MALFORMED),
    ('a negative length',               post(b'Content-Length: -1\r\n', b'{}'),                                        MALFORMED),
    ('a length of 2^64',                post(b'Content-Length: 18446744073709551616\r\n', b'{}'),                      MALFORMED),
    ('a length with a space in it',     post(b'Content-Length: 1 2\r\n', b'{}'),                                       MALFORMED),
    ('a bad chunk size',                post(b'Transfer-Encoding: chunked\r\n', b'zz\r\n{}\r\n0\r\n\r\n'),             MALFORMED),
    ('a chunk that is longer',          post(b'Transfer-Encoding: chunked\r\n', b'1\r\n{}\r\n0\r\n\r\n'),              MALFORMED),
    ('a negative chunk',                post(b'Transfer-Encoding: chunked\r\n', b'-1\r\n{}\r\n0\r\n\r\n'),             MALFORMED),
    ('a huge chunk size',               post(b'Transfer-Encoding: chunked\r\n', b'fffffffffffffffff\r\n'),             MALFORMED),
    ('a line feed alone',               b'GET /healthz HTTP/1.1\n' + HOST + b'\r\n',                                   MALFORMED),
    ('a line feed alone in a header',   b'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\n\r\n',                             MALFORMED),
    ('a carriage return alone',         b'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\rX: y\r\n\r\n',                     MALFORMED),
    ('a NUL in a header',               get(headers=HOST + b'X: a\x00b\r\n'),                                          MALFORMED),
    ('a folded header',                 get(headers=HOST + b'X: a\r\n b\r\n'),                                         MALFORMED),
    ('a space before the colon',        get(headers=HOST + b'X : a\r\n'),                                              MALFORMED),
    ('a header without a colon',        get(headers=HOST + b'nonsense\r\n'),                                           MALFORMED),
    ('a header without a name',         get(headers=HOST + b': x\r\n'),                                                MALFORMED),
    ('two spaces in the first line',    get(b'GET  /healthz HTTP/1.1'),                                                MALFORMED),
    ('a space in the path',             get(b'GET /health z HTTP/1.1'),                                                MALFORMED),
    ('no path',                         get(b'GET HTTP/1.1'),                                                          (505, 'http_version_not_supported')),
    ('a NUL in the path',               get(b'GET /health\x00z HTTP/1.1'),                                             MALFORMED),
    ('a fragment in the path',          get(b'GET /healthz#x HTTP/1.1'),                                               MALFORMED),
    ('gzip, then chunks',               post(b'Transfer-Encoding: gzip, chunked\r\n', b'0\r\n\r\n'),                   (501, 'not_implemented')),
    ('an unknown transfer coding',      post(b'Transfer-Encoding: xchunked\r\n', b'0\r\n\r\n'),                        (501, 'not_implemented')),
    ('identity coding',                 post(b'Transfer-Encoding: identity\r\n', b'{}'),                               (501, 'not_implemented')),
    ('an unknown method',               get(b'FETCH /healthz HTTP/1.1'),                                               (501, 'not_implemented')),
    ('a method in small letters',       get(b'get /healthz HTTP/1.1'),                                                 (501, 'not_implemented')),
    ('HTTP/0.9',                        b'GET /healthz\r\n\r\n',                                                       (505, 'http_version_not_supported')),
    ('HTTP/2',                          b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',                                           (505, 'http_version_not_supported')),
    ('HTTP/3.1',                        get(b'GET /healthz HTTP/3.1'),                                                 (505, 'http_version_not_supported')),
    ('a long first line',               get(b'GET /' + b'x' * 8200 + b' HTTP/1.1'),                                    (414, 'uri_too_long')),
    ('a long header',                   get(headers=HOST + b'X: ' + b'y' * 17000 + b'\r\n'),                           (431, 'headers_too_large')),
    ('many headers',                    get(headers=HOST + b''.join(b'X-%d: y\r\n' % n for n in range(64))),           (431, 'headers_too_large')),
    ('long headers together',           get(headers=HOST + b''.join(b'X-%d: %s\r\n' % (n, b'y' * 700) for n in range(30))), (431, 'headers_too_large')),
    ('a post without a length',         post(b''),                                                                     (411, 'length_required')),
    ('a body that is too long',         post(b'Content-Length: 65537\r\n', b'{'),                                      (413, 'content_too_large')),
    ('chunks that are too long',        post(b'Transfer-Encoding: chunked\r\n', b'10001\r\n' + b' ' * 65537 + b'\r\n0\r\n\r\n'), (413, 'content_too_large')),
    ('an odd expectation',              post(b'Content-Length: 2\r\nExpect: 200-ok\r\n', b'{}'),                       (417, 'expectation_failed')),
]


@pytest.mark.parametrize('sent, wanted', [row[1:] for row in ROWS], ids=[row[0].replace(' ', '-') for row in ROWS])
def test_bad_http_is_refused_and_the_connection_closed(shared_shop, sent, wanted):
    # A second request rides behind it: whoever misreads the first would answer it.
    answer, closed = shared_shop.client.raw(sent + get())
    answer.expect(*wanted)
    assert closed, 'the connection stays open'


# what                                  bytes                                                     status
FINE = [
    ('the longest first line',          get(b'GET /healthz?' + b'x' * (8192 - 22 - 2) + b' HTTP/1.1'), None),
    ('many headers',                    get(headers=HOST + b''.join(b'X-%d: y\r\n' % n for n in range(63))), 200),
    ('HTTP/1.0',                        get(b'GET /healthz HTTP/1.0'),                            200),
    ('an absolute address',             get(b'GET http://127.0.0.1/healthz HTTP/1.1'),            200),
    ('a header without a value',        get(headers=HOST + b'X:\r\n'),                            200),
    ('an empty line before',            b'\r\n' + get(),                                          200),
    ('a HEAD',                          get(b'HEAD /healthz HTTP/1.1'),                           200),
]


@pytest.mark.parametrize('sent, status', [row[1:] for row in FINE], ids=[row[0].replace(' ', '-') for row in FINE])
def test_odd_http_that_is_fine(shared_shop, sent, status):
    with RawConnection(shared_shop.gateway.address) as connection:
        connection.send(sent)
        answer = connection.answer('HEAD' if sent.startswith(b'HEAD') else 'GET')
    assert answer.status == status or (status is None and answer.status != 414), answer


def wish_bytes(client):
    body = json.dumps(client.wish()).encode()
    head = b'POST /v1/payments HTTP/1.1\r\n' + HOST + TYPE + f'Idempotency-Key: {fresh_key()}\r\n'.encode()
    return head, body


def test_a_body_may_come_in_chunks(shared_shop):
    head, body = wish_bytes(shared_shop.client)
    chunks = b''.join(b'%x\r\n%s\r\n' % (len(body[at:at + 7]), body[at:at + 7]) for at in range(0, len(body), 7))
    answer, _ = shared_shop.client.raw(head + b'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n' + chunks + b'0\r\n\r\n',
                                       target='/v1/payments')
    answer.expect(201)


def test_bytes_may_come_one_by_one(shared_shop):
    head, body = wish_bytes(shared_shop.client)
    whole = head + b'Connection: close\r\nContent-Length: %d\r\n\r\n' % len(body) + body
    answer, _ = shared_shop.client.raw(*(whole[at:at + 1] for at in range(len(whole))), target='/v1/payments')
    answer.expect(201)


def test_a_client_that_waits_for_continue_is_told_to(shared_shop):
    head, body = wish_bytes(shared_shop.client)
    with RawConnection(shared_shop.gateway.address) as connection:
        connection.send(head + b'Expect: 100-continue\r\nContent-Length: %d\r\n\r\n' % len(body))
        assert connection.socket.recv(25) == b'HTTP/1.1 100 Continue\r\n\r\n'
        connection.send(body)
        connection.answer().expect(201)


def test_requests_behind_each_other_are_answered_in_order(shared_shop):
    client = shared_shop.client
    payment = client.authorized()
    with RawConnection(shared_shop.gateway.address) as connection:
        connection.send(b''.join(b'GET %s HTTP/1.1\r\n' % target + HOST + b'\r\n' for target in (
            b'/healthz', b'/v1/payments/' + payment['id'].encode(), b'/v1/orders/nobody', b'/healthz')))
        answers = [connection.answer('GET') for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 404, 200]
    assert answers[1].json == payment


def trickle(address, sent):
    """Sends that, then nothing more: the answer, and after how long."""
    with RawConnection(address, timeout=30) as connection:
        start = time.monotonic()
        connection.send(sent)
        answer = connection.answer()
        return answer, time.monotonic() - start


def test_who_is_too_slow_is_not_waited_for(shared_shop):
    """Headers have ten seconds; a body has to come with 1 KiB a second."""
    address = shared_shop.gateway.address
    cases = [b'GET /healthz HTTP/1.1\r\nHost: 127', post(b'Content-Length: 60000\r\n', b'{"amount"')]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for answer, seconds in pool.map(lambda sent: trickle(address, sent), cases):
            answer.expect(408, 'request_timeout')
            assert seconds < 20
    shared_shop.client.look('/healthz').expect(200)


def test_hanging_up_in_the_middle_hurts_nobody(shared_shop):
    head, body = wish_bytes(shared_shop.client)
    whole = head + b'Content-Length: %d\r\n\r\n' % len(body) + body
    for cut in range(1, len(whole), 13):
        with RawConnection(shared_shop.gateway.address) as connection:
            connection.send(whole[:cut])
    shared_shop.client.authorized()


def test_a_merchant_who_hangs_up_finds_his_payment(open_shop):
    """1. He asks and hangs up. 2. The bank's answer is taken all the same. 3. His repeat finds it."""
    shop = open_shop(bank={'latency': '400:400'})
    body, key = json.dumps(shop.client.wish()).encode(), fresh_key()
    with RawConnection(shop.gateway.address) as connection:
        connection.send(b'POST /v1/payments HTTP/1.1\r\n' + HOST + TYPE + f'Idempotency-Key: {key}\r\n'.encode()
                        + b'Content-Length: %d\r\n\r\n' % len(body) + body)
        time.sleep(0.1)  # long enough to be read; whether it was makes no difference to what must hold
    answer = shop.client.post('/v1/payments', body, key)
    answer.expect(201)
    assert len(shop.asked('/api/v1/authorizations')) == 1
    shop.books_agree()
