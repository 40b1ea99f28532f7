# SPDX-License-Identifier: Apache-2.0
"""Payers with a real browser: they press a button on a company's page or their bank's, come back, come back twice, too early, or never.
Whatever they do, the merchant's receipt is what the company's book says, and it says it once."""
import contextlib
import dataclasses
import http.server
import threading

import pytest
from florin_testing.browser import Browser
from florin_testing.cards import card
from florin_testing.companies import PayPal, keys_file
from florin_testing.gateway import Gateway
from florin_testing.paystack import CARDS, Paystack
from florin_testing.waiting import until

NOBODY = 'http://127.0.0.1:9'  # no bank is needed, and no browser gets there
LOOKED_AFTER = 60              # the first look at who does not come back is 15 to 30 s after he left


@dataclasses.dataclass(frozen=True)
class Way:
    """To pay somewhere else."""
    company: str
    wish: dict
    end: str
    is_led_back: bool = True       # by the company, when he has said his word
    no_is_final: bool = False      # else who refuses may go there again


SELLS = {'currency': 'NGN', 'capture': 'automatic', 'customer': {'email': 'a@example.test'}}
WAYS = {
    'paypal': Way('paypal', {'payment_method': {'type': 'paypal'}, 'currency': 'USD'}, 'authorized'),
    'paypal, a card\'s bank': Way('paypal', {'card': card('4000000000003220'), 'currency': 'USD'}, 'authorized'),
    'paystack': Way('paystack', {'payment_method': {'type': 'hosted'}, **SELLS}, 'captured'),
    'paystack, a card\'s bank': Way('paystack', {'card': card(*CARDS['asks_at_its_bank']), **SELLS}, 'captured', False, True),
}


class Shop:
    """A merchant's own page, where payers arrive in the end."""

    def __init__(self):
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802 - the library's name
                text = b'<!doctype html><title>Shop</title><h1>Thank you</h1>'
                if 'payment_id=' in self.path:
                    shop.arrived.append(self.path.rpartition('payment_id=')[2])
                self.send_response(200)
                self.send_header('Content-Type', 'text/html')
                self.send_header('Content-Length', str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.arrived = []  # payment ids
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}/thanks'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Street:
    """Two companies, a gateway that browsers find, a merchant's page, and a payer."""

    def __init__(self, folder, stack):
        self.browser = stack.enter_context(contextlib.closing(Browser(folder / 'profile')))
        self.companies = {'paypal': stack.enter_context(PayPal()), 'paystack': stack.enter_context(Paystack())}
        self.shop = stack.enter_context(contextlib.closing(Shop()))
        self.gateway = Gateway(
            folder / 'gateway', NOBODY, paypal_url=self.companies['paypal'].url, paystack_url=self.companies['paystack'].url,
            paypal_keys_file=keys_file(folder, 'paypal', client_id=PayPal.client, secret_key=PayPal.secret),
            paystack_keys_file=keys_file(folder, 'paystack', secret_key=Paystack.key))
        stack.callback(self.gateway.close)
        self.reachable = f'http://{self.gateway.address}'
        self.gateway.settings['listen'] = self.gateway.address
        self.move(self.reachable)

    def move(self, public_url):
        """Payers that are sent away from now on are sent back there."""
        self.gateway.restart(public_url=public_url)
        self.client = self.gateway.client()

    def buy(self, way):
        """A payment whose payer has to go somewhere; the receipt."""
        wish = {'card': None, **self.client.wish(500000, processor=way.company, return_url=self.shop.url), **way.wish}
        if 'payment_method' in way.wish:
            del wish['card']
        receipt = self.client.post('/v1/payments', wish).expect(201)
        assert receipt['state'] == 'requires_action'
        return receipt

    def go_and_press(self, receipt, choice):
        self.browser.go(receipt['next_action']['url'])
        self.browser.press(choice)

    def way_back(self, receipt):
        """Where companies send him."""
        return f'{self.reachable}/v1/payments/{receipt["id"]}/return'

    def comes_to_the_shop(self, receipt):
        self.browser.comes_to(f'{self.shop.url}?payment_id={receipt["id"]}')
        self.browser.reads('Thank you')

    def comes_back(self, way, receipt):
        """Where nobody leads him, the shop's own page takes him on."""
        if not way.is_led_back:
            self.browser.reads('You may close this page.')
            self.browser.go(self.way_back(receipt))
        self.comes_to_the_shop(receipt)

    def has_said_his_word(self, way, receipt):
        """Waits until the company has heard it."""
        if way.is_led_back:
            self.browser.leaves(receipt['next_action']['url'])
        else:
            self.browser.reads('You may close this page.')

    def effects(self, way):
        """How much truly happened at the company so far."""
        return len(self.companies[way.company].effects())


@pytest.fixture(scope='module')
def street(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Street(tmp_path_factory.mktemp('street'), stack)


each_way = pytest.mark.parametrize('way', WAYS.values(), ids=WAYS.keys())


@each_way
def test_he_approves(street, way):
    receipt, before = street.buy(way), street.effects(way)
    street.go_and_press(receipt, 'approve')
    street.comes_back(way, receipt)
    street.client.becomes(receipt, way.end)
    assert street.effects(way) == before + 1


@each_way
def test_he_refuses(street, way):
    """A bank's word may be final. Elsewhere he may think again, and does."""
    receipt, before = street.buy(way), street.effects(way)
    street.go_and_press(receipt, 'refuse')
    street.comes_back(way, receipt)
    if way.no_is_final:
        street.client.becomes(receipt, 'declined')
        assert street.effects(way) == before
        return
    assert street.client.get(receipt)['state'] == 'requires_action' and street.effects(way) == before
    street.go_and_press(receipt, 'approve')
    street.comes_back(way, receipt)
    street.client.becomes(receipt, way.end)
    assert street.effects(way) == before + 1


@each_way
def test_he_comes_back_too_early_and_then_again_and_again(street, way):
    receipt, before = street.buy(way), street.effects(way)
    street.browser.go(street.way_back(receipt))
    street.comes_to_the_shop(receipt)
    assert street.client.get(receipt)['state'] == 'requires_action'
    street.go_and_press(receipt, 'approve')
    street.comes_back(way, receipt)
    street.browser.again()
    street.comes_to_the_shop(receipt)
    for _ in range(2):
        street.browser.go(street.way_back(receipt))
        street.comes_to_the_shop(receipt)
    street.client.becomes(receipt, way.end)
    street.browser.go(street.way_back(receipt))
    street.comes_to_the_shop(receipt)
    assert street.client.get(receipt)['state'] == way.end and street.effects(way) == before + 1


def test_he_closes_the_tab(street):
    """1. Before he has said anything: nothing happens. 2. After he has approved, everywhere, and before he is back: the gateway asks by itself,
    and finds out. 3. He comes back when all is over."""
    street.move(NOBODY)
    receipts = {name: street.buy(way) for name, way in WAYS.items()}
    before = {name: street.effects(way) for name, way in WAYS.items()}
    for name, receipt in receipts.items():
        street.browser.new_tab()
        street.browser.go(receipt['next_action']['url'])
        street.browser.close_tab()
        assert street.client.get(receipt)['state'] == 'requires_action'
    assert {name: street.effects(way) for name, way in WAYS.items()} == before
    for name, receipt in receipts.items():
        street.browser.new_tab()
        street.go_and_press(receipt, 'approve')
        street.has_said_his_word(WAYS[name], receipt)
        street.browser.close_tab()
    for name, receipt in receipts.items():
        until(lambda name=name, receipt=receipt: street.client.get(receipt)['state'] == WAYS[name].end, 'it is asked about', LOOKED_AFTER)
        assert receipt['id'] not in street.shop.arrived
    assert {name: street.effects(way) for name, way in WAYS.items()} == {name: count + 2 for name, count in before.items()}
    for name, receipt in receipts.items():
        street.browser.go(street.way_back(receipt))
        street.comes_to_the_shop(receipt)
        assert street.client.get(receipt)['state'] == WAYS[name].end
    street.move(street.reachable)
