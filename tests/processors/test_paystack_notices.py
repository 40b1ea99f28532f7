# SPDX-License-Identifier: Apache-2.0
"""Paystack tells by itself what went well; what did not it has to be asked about, now and then."""
import pytest
from florin_testing.cards import card
from florin_testing.noticed import told_by
from florin_testing.paystack import CARDS, Paystack
from florin_testing.waiting import until

AWAY = {'return_url': 'http://127.0.0.1:1/thanks'}


@pytest.fixture(scope='module')
def shop(tmp_path_factory):
    with told_by(Paystack, tmp_path_factory.mktemp('paystack'), {'secret_key': Paystack.key}) as shop:
        shop.company.control('POST', 'refunds', json={'processing_ms': 30, 'processed_ms': 300})
        yield shop


@pytest.fixture(autouse=True)
def telling(shop):
    shop.company.change_notices(hold=False)


def sell(shop, which='pays', **more):
    number, cvv = CARDS[which]
    return shop.authorize(500000, card(number, cvv), currency='NGN', capture='automatic', processor='paystack',
                          **{'customer': {'email': 'a@example.test'}, **more})


def test_he_closes_the_tab(shop):
    sent = sell(shop, 'asks_at_its_bank', **AWAY).json
    assert sent['state'] == 'requires_action'
    shop.company.session.post(sent['next_action']['url'], data={'choice': 'approve'}, timeout=30)
    shop.becomes_soon(sent['id'], 'captured')


def test_a_refund_is_done_as_soon_as_that_is_told(shop):
    """It is asked about after a minute, if nobody tells."""
    payment = sell(shop).json['id']
    assert shop.refund(payment).status in (200, 202)
    shop.becomes_soon(payment, 'refunded')
    assert len([one for one in shop.company.effects('refund') if one['repeats_operation']]) == 0


@pytest.mark.parametrize('signed, status', [(False, 401), (True, 200)])
def test_one_that_was_altered(shop, signed, status):
    payment, numbers = shop.held(lambda: sell(shop).json['id'])
    history, quarantined = shop.events(payment), shop.count('quarantined')
    shop.company.change_notices(alter=numbers[0], from_='500000', to='500001', signed=signed)
    shop.company.change_notices(release=[numbers[0]])
    shop.answered(numbers[0], status)
    assert shop.count('quarantined') == quarantined + signed and shop.events(payment) == history


def test_one_of_the_other_mode(shop):
    _, numbers = shop.held(lambda: sell(shop))
    quarantined = shop.count('quarantined')
    shop.company.change_notices(alter=numbers[0], from_='"domain":"test"', to='"domain":"live"', signed=True)
    shop.company.change_notices(release=[numbers[0]])
    shop.answered(numbers[0], 200)
    assert shop.count('quarantined') == quarantined + 1


def test_twice_is_once(shop):
    _, numbers = shop.held(lambda: sell(shop))
    duplicates = shop.count('duplicate')
    shop.company.change_notices(release=numbers)
    shop.answered(numbers[0], 200)
    shop.company.change_notices(release=numbers)
    until(lambda: shop.count('duplicate') == duplicates + len(numbers), 'it is known')


def test_a_dispute(shop):
    payment = sell(shop).json['id']
    charge = shop.get(payment)['processor_refs']['capture_id']
    reference = shop.company.data(f'/transaction/{charge}')['reference']
    opened = shop.company.control('POST', 'disputes', json={'reference': reference, 'category': 'fraud'})
    told = shop.disputed(payment, 'needs_response')
    assert (told['dispute_id'], told['stage'], told['amount'], told['reason']) == (str(opened['id']), 'chargeback', 500000, 'fraud')
    shop.refund(payment).expect(409, 'dispute_open')
    shop.company.ask('PUT', f'/dispute/{opened["id"]}/resolve', {'resolution': 'declined', 'message': 'no', 'refund_amount': 500000,
                                                               'uploaded_filename': 'receipt.pdf'})
    shop.disputed(payment, 'won')
    assert shop.refund(payment).status in (200, 202)
