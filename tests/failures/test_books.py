# SPDX-License-Identifier: Apache-2.0
"""The comparison of the books itself: what is planted behind Florin's back, it finds."""
import pytest


def hold(shop, receipt):
    return receipt['processor_refs']['authorization_id']


# what is done behind our back at the bank, to an authorized and to a captured payment
PLANTED = {
    'a hold of nobody': lambda shop, held, taken: shop.bank.post(
        'authorizations', 'x', {'card_number': '4111111111111111', 'cvv': '123', 'expiry_month': 1, 'expiry_year': 2030, 'amount': 1}),
    'a capture': lambda shop, held, taken: shop.bank.post('captures', 'x', {'authorization_id': hold(shop, held), 'amount': 5000}),
    'a void': lambda shop, held, taken: shop.bank.post('voids', 'x', {'authorization_id': hold(shop, held)}),
    'a refund': lambda shop, held, taken: shop.bank.post(
        'refunds', 'x', {'capture_id': taken['processor_refs']['capture_id'], 'amount': 5000}),
}


@pytest.mark.parametrize('what', PLANTED)
def test_what_is_planted_is_found(shop, what):
    held, taken = shop.client.authorized(), shop.client.captured()
    shop.books_agree()
    assert PLANTED[what](shop, held, taken).status_code == 200
    with pytest.raises(AssertionError):
        shop.books_agree()


def test_a_key_that_acted_twice_is_found(shop):
    shop.client.authorized()
    (request,) = shop.asked('/api/v1/authorizations')
    shop.bank.fault('ignore_key', '/api/v1/authorizations')
    shop.bank.post('authorizations', request['key'],
                   {'card_number': '4111111111111111', 'cvv': '123', 'expiry_month': 1, 'expiry_year': 2030, 'amount': 5000})
    with pytest.raises(AssertionError):
        shop.books_agree()
