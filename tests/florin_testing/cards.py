# SPDX-License-Identifier: Apache-2.0
"""The cards that the simulated bank has issued, and numbers that no bank has: all of them public or made up."""


def luhn_digit(digits):
    """The check digit that makes the number valid (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def with_check_digit(digits):
    """The digits with the right check digit behind them."""
    return digits + luhn_digit(digits)


def card(number, cvv='123', month=12, year=2030):
    """A card as the API takes it."""
    return {'number': number, 'cvv': cvv, 'expiry_month': month, 'expiry_year': year}


# What the bank has from the start: number, CVV, expiry on file, balance in cents.
HAPPY = card('4111111111111111', '123', 12, 2030)      # 1,000,000
LIMIT = card('4242424242424242', '456', 6, 2030)       # 50,000
NO_FUNDS = card('5555555555554444', '789', 9, 2030)    # 0
EXPIRED = card('5105105105105100', '321', 3, 2020)     # 500,000, but over
BALANCES = {'4111111111111111': 1000000, '4242424242424242': 50000, '5555555555554444': 0, '5105105105105100': 500000}


def further(index):
    """Card number `index` of the bank's --cards N: rich, and good until the end of 2049."""
    return card(with_check_digit(f'400000{index:09d}'), '123', 12, 2049)


def stranger(index, cvv='987'):
    """A well-formed card that the bank has never heard of."""
    return card(with_check_digit(f'453201{index:09d}'), cvv, 11, 2035)
