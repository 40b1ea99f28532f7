# SPDX-License-Identifier: Apache-2.0
"""A merchant, a gateway and the simulated PayPal: payments from their beginning to their end, in both books the same."""
import pytest
from florin_testing.companies import PayPal
from florin_testing.crowd import at_once
from florin_testing.gateway import Gateway
from florin_testing.waiting import until

CARD = {'number': '4012888888881881', 'expiry_month': 12, 'expiry_year': 2030, 'cvv': '123'}


class PayPalShop:
    """A gateway in front of a simulated PayPal."""

    def __init__(self, folder):
        self.paypal = PayPal()
        keys = folder / 'paypal.keys'
        folder.mkdir(parents=True, exist_ok=True)
        keys.touch(mode=0o600)
        keys.write_text(f'client_id = {self.paypal.client}\nsecret_key = {self.paypal.secret}\n', encoding='ascii')
        self.gateway = Gateway(folder, 'http://127.0.0.1:9', paypal_url=self.paypal.url, paypal_keys_file=keys, paypal_resend_after_ms=150)
        self.client = self.gateway.client()

    def close(self):
        if self.gateway.is_running():
            self.gateway.stop()
        self.gateway.close()
        self.paypal.__exit__()

    def settled(self, payment):
        """The receipt, once nothing is open on it any more."""
        return self.client.settled(payment)

    def sums(self):
        """What PayPal has of the one payment: authorized, captured, refunded."""
        row, = self.paypal.book()['orders']
        return row['authorized'], row['captured'], row['refunded']

    def is_honest(self):
        book = self.paypal.book()
        return book['keys_repeated'] == 0 and book['operations_repeated'] == 0


@pytest.fixture
def shop(tmp_path):
    one = PayPalShop(tmp_path / 'shop')
    yield one
    one.close()


def authorize(shop, **more):
    return shop.client.authorize(**{'card': CARD, 'currency': 'USD', 'processor': 'paypal', **more})


def test_a_payment_is_held_captured_in_part_and_refunded_twice(shop):
    held = authorize(shop, amount=1099).expect(201)
    assert (held['state'], shop.sums()) == ('authorized', (1099, 0, 0))
    assert shop.client.capture(held, body={'amount': 1000}).expect(200)['state'] == 'captured'
    shop.client.refund(held, body={'amount': 400}).expect(200)
    refunded = shop.client.refund(held).expect(200)
    assert (refunded['state'], shop.sums()) == ('refunded', (1099, 1000, 1000))
    assert shop.is_honest()


def test_a_hold_is_given_back(shop):
    held = authorize(shop).expect(201)
    assert shop.client.void(held).expect(200)['state'] == 'voided'
    assert [effect['kind'] for effect in shop.paypal.effects()] == ['authorization', 'void']


def test_a_card_is_declined(shop):
    shop.paypal.plan('authorization', 'DENIED')
    declined = authorize(shop).expect(402)
    assert declined['decline_code'] == 'card_declined' and not shop.paypal.effects()


def test_a_refusal_is_told(shop):
    held = authorize(shop).expect(201)
    authorization, = shop.paypal.effects('authorization')
    assert shop.paypal.post(f'/v2/payments/authorizations/{authorization["id"]}/void').status_code == 200  # behind our back
    answer = shop.client.capture(held)
    assert answer.status != 200 and shop.client.get(held)['state'] == 'expired'


@pytest.mark.parametrize('fault', ['act_then_hang_up', 'hang_up', 'act_then_500', 'refuse_500', 'truncate', 'garbage', 'html_502',
                                   'act_then_502', 'rate_limited', 'key_in_use', 'empty_200', 'twice'])
def test_an_answer_that_goes_wrong_is_found_out(shop, fault):
    """The first answer of each operation is lost or wrong, and each of them is done once all the same."""
    shop.paypal.fault(fault, '/v2/checkout/orders')
    held = shop.settled(authorize(shop, amount=1099).json['id'])
    assert held['state'] == 'authorized'
    authorization, = shop.paypal.effects('authorization')
    shop.paypal.fault(fault, f'/v2/payments/authorizations/{authorization["id"]}/capture')
    shop.client.capture(held)
    assert shop.settled(held)['state'] == 'captured'
    capture, = shop.paypal.effects('capture')
    shop.paypal.fault(fault, f'/v2/payments/captures/{capture["id"]}/refund')
    shop.client.refund(held)
    assert (shop.settled(held)['state'], shop.sums()) == ('refunded', (1099, 1099, 1099))
    assert shop.is_honest() and not shop.paypal.control('GET', 'faults')['faults']


def test_a_lost_void_is_found_out(shop):
    held = authorize(shop).expect(201)
    authorization, = shop.paypal.effects('authorization')
    shop.paypal.fault('act_then_hang_up', f'/v2/payments/authorizations/{authorization["id"]}/void')
    shop.client.void(held)
    assert shop.settled(held)['state'] == 'voided' and len(shop.paypal.effects('void')) == 1


@pytest.mark.parametrize('kind, then, state', [('capture', 'COMPLETED', 'captured'), ('capture', 'DECLINED', 'authorized'),
                                               ('refund', 'COMPLETED', 'refunded'), ('refund', 'FAILED', 'captured')])
def test_what_waits_at_paypal_is_asked_about(shop, kind, then, state):
    held = authorize(shop).expect(201)
    if kind == 'refund':
        shop.client.capture(held).expect(200)
    shop.paypal.plan(kind, 'PENDING', then=then, after_ms=1)
    (shop.client.capture if kind == 'capture' else shop.client.refund)(held)
    assert shop.settled(held)['state'] == state


def test_a_capture_that_the_key_forgot_is_found_by_its_invoice(shop):
    held = authorize(shop).expect(201)
    authorization, = shop.paypal.effects('authorization')
    shop.paypal.fault('act_then_hang_up', f'/v2/payments/authorizations/{authorization["id"]}/capture', store_key=False)
    shop.client.capture(held)
    assert shop.settled(held)['state'] == 'captured' and len(shop.paypal.effects('capture')) == 1
    assert shop.client.refund(held).expect(200)['state'] == 'refunded'  # the capture's id came with it


@pytest.mark.parametrize('choice, state', [('approve', 'authorized'), ('refuse', 'requires_action')])
def test_a_payer_is_sent_to_his_bank(shop, choice, state):
    shop.gateway.restart(public_url='https://pay.example.test')
    asked = authorize(shop, card={**CARD, 'number': '4000000000003220'}, return_url='https://shop.example.test/back').expect(201)
    assert asked['state'] == 'requires_action'
    page = asked['next_action']['url']
    back = shop.paypal.session.post(page, data={'choice': choice}, allow_redirects=False).headers['Location']
    assert back.startswith('https://pay.example.test/')
    shop.client.look(back[len('https://pay.example.test'):].split('?')[0], is_good=False)
    until(lambda: shop.client.get(asked)['state'] == state, 'it is asked about', every=0.05)
    assert len(shop.paypal.effects('authorization')) == (choice == 'approve')
    if choice == 'approve':
        assert shop.client.capture(asked).expect(200)['state'] == 'captured'


def go_to_page(shop, **more):
    """A payer who brings no card: the receipt that says where he has to go."""
    wish = shop.client.wish(currency='USD', payment_method={'type': 'paypal'}, return_url='https://shop.example.test/back', **more)
    del wish['card']
    sent = shop.client.post('/v1/payments', wish).expect(201)
    assert (sent['state'], sent['card'], sent['processor']) == ('requires_action', None, 'paypal')
    return sent


def choose(shop, sent, choice):
    return shop.paypal.session.post(sent['next_action']['url'], data={'choice': choice}, allow_redirects=False).headers['Location']


@pytest.mark.parametrize('capture, state, sums', [('manual', 'authorized', (5000, 0, 0)), ('automatic', 'captured', (5000, 5000, 0))])
def test_a_payer_without_a_card_pays_on_the_page(shop, capture, state, sums):
    sent = go_to_page(shop, capture=capture)
    assert shop.sums() == (0, 0, 0)
    choose(shop, sent, 'approve')
    assert shop.client.look(f'/v1/payments/{sent["id"]}/return', is_good=False).status == 303
    paid = shop.client.becomes(sent, state)
    assert (shop.sums(), paid['card']) == (sums, None) and shop.is_honest()
    if state == 'captured':
        assert shop.client.refund(paid).expect(200)['state'] == 'refunded'
    else:
        assert shop.client.void(paid).expect(200)['state'] == 'voided'


def test_who_leaves_the_page_may_come_back(shop):
    sent = go_to_page(shop)
    choose(shop, sent, 'refuse')
    assert shop.client.look(f'/v1/payments/{sent["id"]}/return', is_good=False).status == 303
    assert shop.client.get(sent)['state'] == 'requires_action'
    choose(shop, sent, 'approve')
    shop.client.look(f'/v1/payments/{sent["id"]}/return', is_good=False)
    assert shop.client.becomes(sent, 'authorized')['authorized_amount'] == 5000


@pytest.mark.parametrize('fault', ['act_then_hang_up', 'hang_up', 'act_then_500', 'twice'])
def test_a_page_whose_address_was_lost_is_had_again(shop, fault):
    shop.paypal.fault(fault, '/v2/checkout/orders')
    wish = shop.client.wish(currency='USD', payment_method={'type': 'hosted'}, processor='paypal', return_url='https://shop.example.test/back')
    del wish['card']
    sent = shop.client.post('/v1/payments', wish).json
    until(lambda: shop.client.get(sent)['next_action'], 'it has an address', every=0.05)
    choose(shop, shop.client.get(sent), 'approve')
    shop.client.look(f'/v1/payments/{sent["id"]}/return', is_good=False)
    shop.client.becomes(sent, 'authorized')
    assert len(shop.paypal.effects('authorization')) == 1 and shop.is_honest()


def test_both_books_are_compared(shop):
    held = authorize(shop).expect(201)
    shop.client.capture(held).expect(200)
    shop.client.refund(held).expect(200)
    settings = {name: shop.gateway.settings[name] for name in ('paypal_url', 'paypal_keys_file')}
    status, out, err = shop.gateway.command('reconcile', settings=settings)
    assert status == 0, out + err
    shop.paypal.fault('wrong_amount', '/v2/payments/captures*', times=0)
    assert shop.gateway.command('reconcile', settings=settings)[0] != 0


def tokens_fetched(shop):
    return sum(request['path'] == '/v1/oauth2/token' for request in shop.paypal.requests(last=1000))


def test_a_token_is_fetched_once_for_all(shop):
    payments = at_once(8, lambda number: authorize(shop))
    assert [payment.status for payment in payments] == [201] * 8
    assert tokens_fetched(shop) == 1
    assert shop.is_honest()


def test_a_token_that_is_not_taken_any_more_is_fetched_anew(shop):
    authorize(shop).expect(201)
    shop.paypal.advance(hours=10)
    held = authorize(shop)
    assert held.status in (201, 202)
    assert shop.settled(held.json['id'])['state'] == 'authorized'
    assert tokens_fetched(shop) == 2 and shop.is_honest()


def test_without_a_token_nothing_leaves(shop):
    shop.paypal.fault('refuse_500', '/v1/oauth2/token', times=2)
    held = authorize(shop)
    assert held.status in (201, 202)
    assert shop.settled(held.json['id'])['state'] == 'authorized'
    assert tokens_fetched(shop) == 3 and shop.is_honest()
