"""The tables of https://docs.stripe.com/currencies: what Stripe takes, with which decimals, and the least and the most of each.

Compared with two copies of that page ("Zero-decimal currencies", "Three-decimal currencies", "Special cases", "Minimum and
maximum charge amounts") and, for the least sums, with the table that Stripe's extension for WooCommerce has of its own: they
say the same.
"""

from dropshop.core.money import EXPONENTS, Money

# Where Stripe counts with other decimals than ISO 4217: "to charge 5 ISK, provide an amount value of 500".
DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
THREE_DECIMALS = {"BHD", "JOD", "KWD", "OMR", "TND"}  # all that Stripe takes; the last digit must be 0
# "The amount value supports up to" so many digits: of cards, where the page tells them from other ways to pay.
DIGITS, DIGITS_ELSE = {"INR": 9, "COP": 10, "HUF": 10, "JPY": 10, "LBP": 11, "IDR": 12}, 8

_PRESENTMENT = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CVE
    CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JPY KES KGS KHR KMF
    KRW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW
"""
# By the currency that the account is paid out in. What is charged in another is converted, and Stripe says at the payment where
# that is less than the least of the account's: nobody can know it before.
_MINIMUM = """
    0.50 USD, 2 AED, 0.50 AUD, 1 BGN, 0.50 BRL, 0.50 CAD, 0.50 CHF, 15 CZK, 2.50 DKK, 0.50 EUR, 0.30 GBP, 4 HKD, 175 HUF,
    0.50 INR, 50 JPY, 10 MXN, 2 MYR, 3 NOK, 0.50 NZD, 2 PLN, 2 RON, 3 SEK, 0.50 SGD, 10 THB
"""

TAKEN = (THREE_DECIMALS | set(_PRESENTMENT.split())) & EXPONENTS.keys()
_sums = [tuple(each.split()) for each in _MINIMUM.split(",")]
LEAST = {currency: Money.parse(amount, currency).minor for amount, currency in _sums if currency in TAKEN}
