# SPDX-License-Identifier: Apache-2.0
"""Stored cards: a gateway that has a vault, and the operator's words to it."""
import json
import subprocess

from florin_testing import cards
from florin_testing.client import fresh_order
from florin_testing.gateway import SANITIZER, flags
from florin_testing.processes import florin_binary
from florin_testing.waiting import PATIENCE, until


COMES_OVER_WITHIN = 90  # on a server other nodes' transactions are given half a minute


def make_master(folder, digits='a1' * 32, name='master'):
    """A file with a master key, as `florin vault init` makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(digits + '\n', encoding='ascii')
    path.chmod(0o600)
    return path


def vault(gateway, *words, share=None):
    """`florin vault ...` on that gateway's store: (exit status, what it said as JSON or text, standard error)."""
    names = ('store', 'local_path', 'master_key_file')
    settings = {name: gateway.settings.get(name) for name in names}
    done = subprocess.run([florin_binary(), 'vault', *words, *flags(settings)], input=(share or '') + '\n', capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    assert not SANITIZER.search(done.stderr), done.stderr
    said = json.loads(done.stdout) if done.stdout.startswith('{') else done.stdout
    return done.returncode, said, done.stderr


def status(gateway):
    """How the vault is."""
    return vault(gateway, 'status')[1]


def rotate(gateway, *words):
    """Changes a key; it has to come to its end."""
    code, said, err = vault(gateway, 'rotate', *words)
    assert code == 0, (said, err)
    until(lambda: not status(gateway)['resealing'], 'all cards have come over', within=COMES_OVER_WITHIN)
    return said


def store_card(client, card=None, key=None, **more):
    """POST /v1/tokens."""
    return client.post('/v1/tokens', {'card': card or cards.further(7), **more}, key)


def stored(client, card=None, **more):
    """The object of a new token."""
    return store_card(client, card, **more).expect(201)


def pay(client, token, key=None, amount=100, **more):
    """POST /v1/payments by a token."""
    name = token['id'] if isinstance(token, dict) else token
    return client.post('/v1/payments', {'amount': amount, 'token': name, 'order_id': fresh_order(), 'customer_id': 'c', **more}, key)


def delete(client, token):
    """DELETE /v1/tokens/{id}."""
    name = token['id'] if isinstance(token, dict) else token
    return client.ask('DELETE', f'/v1/tokens/{name}')
