# SPDX-License-Identifier: Apache-2.0
"""Without keys only direct calls on this machine may move money; with keys, who shows one that is made for it."""
import http.client
import json

import pytest
from florin_testing.contract import the_contract

# headers of the call, whether it is taken
CALLS = [
    ({'Host': '127.0.0.1:8080'}, True),
    ({'Host': 'localhost'}, True),
    ({'Host': '[::1]:8080'}, True),
    ({'Host': '127.9.9.9'}, True),
    ({'Host': 'localhost', 'Origin': 'http://localhost:3000'}, True),
    ({'Host': 'shop.example'}, False),
    ({'Host': '127.0.0.1.shop.example'}, False),
    ({'Host': '128.0.0.1'}, False),
    ({'Host': '[::1].shop.example'}, False),
    ({'Host': '[::1'}, False),
    ({'Host': 'localhost:8080:shop.example'}, False),
    ({'Host': '127.0.0.1.'}, False),
    ({'Host': '127.0.0.1', 'X-Forwarded-For': '203.0.113.9'}, False),
    ({'Host': '127.0.0.1', 'Forwarded': 'for=203.0.113.9'}, False),
    ({'Host': '127.0.0.1', 'Via': '1.1 proxy'}, False),
    ({'Host': '127.0.0.1', 'Origin': 'https://shop.example'}, False),
    ({'Host': '127.0.0.1', 'Origin': 'null'}, False),
]


def ask(shop, path, headers):
    """One GET with exactly these headers: status and body."""
    connection = http.client.HTTPConnection(shop.gateway.address, timeout=15)
    connection.putrequest('GET', path, skip_host=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize('headers, taken', CALLS)
def test_only_direct_calls_on_this_machine_reach_payments(shared_shop, headers, taken):
    status, body = ask(shared_shop, '/v1/payments?limit=1', headers)
    assert status == (200 if taken else 401)
    assert taken or json.loads(body)['code'] == 'authentication_required'


def test_no_route_that_moves_or_tells_of_money_is_open_to_others(shared_shop):
    for method, template, status in sorted(the_contract().documented()):
        if status == 401 and '/notices/' not in template:  # those are open to everybody, and say by whom they are signed
            target = template.replace('{id}', 'pay_' + '0' * 36).replace('{order_id}', 'x')
            headers = [('X-Forwarded-For', '203.0.113.9'), ('Idempotency-Key', 'k')]
            shared_shop.client.ask(method, target, headers=headers, is_good=False).expect(401, 'authentication_required')


@pytest.mark.parametrize('path', ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs'])
def test_health_and_description_are_for_everybody(shared_shop, path):
    assert ask(shared_shop, path, {'Host': 'shop.example', 'X-Forwarded-For': '203.0.113.9'})[0] == 200


def test_open_said_aloud_shows_nothing_of_payments(open_shop):
    shop = open_shop(open='on', listen='0.0.0.0:0')
    shop.gateway.address = shop.gateway.address.replace('0.0.0.0', '127.0.0.1')
    for host in ('shop.example', '127.0.0.1'):  # what a caller says of himself proves nothing here
        assert ask(shop, '/v1/payments?limit=1', {'Host': host})[0] == 401
        assert ask(shop, '/healthz', {'Host': host})[0] == 200
