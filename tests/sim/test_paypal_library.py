# SPDX-License-Identifier: Apache-2.0
"""PayPal's own library for Node against the simulated PayPal, and its signatures by Node's crypto."""
import json
import pathlib
import shutil

import pytest
from florin_testing.certificates import AUTHORITY, Certificate, named
from florin_testing.companies import PayPal
from florin_testing.node import run_script, vendor_library

HERE = pathlib.Path(__file__).parent


def test_the_vendors_own_library_is_served(tmp_path):
    """Create, read back, capture, refund, a denial, an order that is not there; and it hangs up on a door that nobody vouches for."""
    library = vendor_library('PayPal', '@paypal/paypal-server-sdk', '2.5.0')
    authority = Certificate(tmp_path, extensions=(AUTHORITY,), subject='/CN=authority')
    door = Certificate(tmp_path, authority, named('DNS:api-m.sandbox.paypal.com'))
    given = {'authority': authority.file.read_text(), 'certificate': door.file.read_text(), 'key': door.key_file.read_text()}
    with PayPal() as paypal:
        port = paypal.address.rsplit(':', 1)[1]
        assert run_script(HERE / 'paypal_library.mjs', library, port, paypal.client, paypal.secret, given=given) == {
            'held': ['CREATED', '10.99'], 'same': True, 'read': [True, 'COMPLETED'], 'captured': ['COMPLETED', '6.00'],
            'refund': ['COMPLETED', '1.00'], 'capture': 'PARTIALLY_REFUNDED', 'refundRead': 'COMPLETED', 'denied': ['DENIED', '5120'],
            'missing': [404, 'RESOURCE_NOT_FOUND'], 'stranger': 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'}
        assert [(effect['kind'], effect['amount']) for effect in paypal.effects()] == [
            ('authorization', 1099), ('capture', 600), ('refund', 100)]
        assert paypal.book()['keys_repeated'] == 0


@pytest.fixture(name='node')
def need_node():
    if not shutil.which('node'):
        pytest.skip('NOT TESTED: PayPal\'s signature by Node\'s crypto. node is not installed')


def test_the_published_signature_is_right_by_nodes_crypto(node):
    vector = json.loads((HERE / 'paypal_vector.json').read_text(encoding='utf-8'))
    assert run_script(HERE / 'paypal_signature.mjs', given=vector) == {'right': True, 'changed': []}


def test_the_simulators_signatures_are_right_by_nodes_crypto(node, listener):
    with PayPal(notify=listener.url) as paypal:
        paypal.pay()
        headers, body = listener.wait(1)[0]
        given = {'body': body.decode(), 'id': headers['PAYPAL-TRANSMISSION-ID'], 'time': headers['PAYPAL-TRANSMISSION-TIME'],
                 'webhook': '1JE4291016473214C', 'signature': headers['PAYPAL-TRANSMISSION-SIG'],
                 'certificate': paypal.session.get(headers['PAYPAL-CERT-URL'], timeout=30).text}
        assert run_script(HERE / 'paypal_signature.mjs', given=given) == {'right': True, 'changed': []}
