# SPDX-License-Identifier: Apache-2.0
"""Compares what the gateway says happened with the simulated bank's own book, to the cent.

    every receipt       is in the book, with that amount, in that state, under those ids
    every effect        belongs to a receipt; except holds that a lost authorization left behind and that Florin itself reports
    every key           did one thing; but for those holds
"""
from florin_testing.client import id_of

# What the bank must have done for a payment in this state: how its hold ended, and whether the capture was refunded.
BANK_STATES = {
    'authorized': ('open', False),
    'captured': ('captured', False),
    'refunded': ('captured', True),
    'voided': ('voided', False),
    'expired': ('voided', False),  # once its hold was given back
}
NO_HOLD = ('declined', 'failed')


def stray_holds_told(client, payment):
    """How many holds this payment may have left at the bank that nobody can find, by its own history."""
    return sum(event['data'].get('possible_stray_holds', 0) for event in client.events(payment))


def times_go_forward(receipt):
    """Recorded times never go back."""
    times = [receipt[name] for name in ('created_at', 'authorized_at', 'captured_at', 'refunded_at') if receipt[name]]
    times += [receipt['voided_at']] if receipt['voided_at'] and not receipt['captured_at'] else []
    return times == sorted(times)


def check_receipt(receipt, holds):
    """One receipt against the hold that it names."""
    refs, what = receipt['processor_refs'], f'{receipt}'
    assert times_go_forward(receipt), what
    if receipt['state'] in NO_HOLD:
        assert refs['authorization_id'] is None, what
        return
    hold = holds[refs['authorization_id']]
    state, refunded = BANK_STATES[receipt['state']]
    assert hold['state'] == state and (hold['refund_id'] is not None) == refunded, f'{what}\nat the bank: {hold}'
    assert hold['amount'] == receipt['amount'] == receipt['authorized_amount'], f'{what}\nat the bank: {hold}'
    assert receipt['captured_amount'] == (hold['amount'] if hold['capture_id'] else 0), what
    assert receipt['refunded_amount'] == (hold['amount'] if hold['refund_id'] else 0), what
    assert hold['last4'] == receipt['card']['last4'], what
    for name in ('capture_id', 'void_id', 'refund_id'):  # an id may have been lost; a wrong one may never be told
        assert refs[name] in (None, hold[name]), f'{what}\nat the bank: {hold}'


def check_strays(client, receipts, book):
    """Every hold that no receipt names; gives them. Each has to be reported by the payment that left it behind: the one whose hold has
    the same key, or, when that was declined in the end and so names no hold, any declined one."""
    owners = {receipt['processor_refs']['authorization_id']: receipt['id'] for receipt in receipts}
    keys = {hold['key']: owners[hold['id']] for hold in book['authorizations'] if hold['id'] in owners}
    strays = {}
    for hold in book['authorizations']:
        if hold['id'] not in owners:
            assert hold['state'] == 'open', f'a hold that no payment names was used: {hold}'
            strays.setdefault(keys.get(hold['key'], 'declined'), []).append(hold)
    for payment, holds in strays.items():
        tellers = [payment] if payment != 'declined' else [row['id'] for row in receipts if row['state'] == 'declined']
        told = sum(stray_holds_told(client, teller) for teller in tellers)
        assert len(holds) <= told, f'{payment} left {len(holds)} holds behind and told of {told}: {holds}'
    return [hold for holds in strays.values() for hold in holds]


def compare(client, bank, in_review=()):
    """Everything that is the bank's against everything. Payments in `in_review` wait for a person and are left out. Gives the receipts."""
    left_out = {id_of(payment) for payment in in_review}
    receipts = [receipt for receipt in client.all() if receipt['processor'] == 'bank' and receipt['id'] not in left_out]
    book = bank.book()
    assert book['balanced'], book
    holds = {hold['id']: hold for hold in book['authorizations']}
    for receipt in receipts:
        assert receipt['operation'] is None, f'still open: {receipt}'
        check_receipt(receipt, holds)
    if left_out:
        return receipts
    strays = check_strays(client, receipts, book)
    check_sums(receipts, book, strays)
    assert book['counters']['acted_twice'] <= len(strays), f'a key acted twice: {book["counters"]}'
    return receipts


def check_sums(receipts, book, strays):
    """To the cent."""
    captured = sum(receipt['captured_amount'] for receipt in receipts)
    refunded = sum(receipt['refunded_amount'] for receipt in receipts)
    held = sum(receipt['authorized_amount'] for receipt in receipts if receipt['state'] == 'authorized')
    assert book['captures']['cents'] == captured, (book['captures'], captured)
    assert book['refunds']['cents'] == refunded, (book['refunds'], refunded)
    assert book['open_holds']['cents'] == held + sum(hold['amount'] for hold in strays), (book['open_holds'], held, strays)
