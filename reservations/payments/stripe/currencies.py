"""The tables of https://docs.stripe.com/currencies: what Stripe takes, with which decimals, and the least of each."""

from dropshop.core.money import EXPONENTS, Money

# Where Stripe counts with other decimals than ISO 4217: "to charge 5 ISK, provide an amount value of 500".
DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
THREE_DECIMALS = {"BHD", "JOD", "KWD", "OMR", "TND"}  # all that Stripe takes; the last digit must be 0
MOST = 99_999_999  # "up to eight digits"

_PRESENTMENT = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CVE
    CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JPY KES KGS KHR KMF
    KRW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW
"""
# "Minimum charge amounts". Of another currency Stripe says at the payment what the least is, after it was converted.
_MINIMUM = """
    0.50 USD, 2 AED, 0.50 AUD, 1 BGN, 0.50 BRL, 0.50 CAD, 0.50 CHF, 15 CZK, 2.50 DKK, 0.50 EUR, 0.30 GBP, 4 HKD, 175 HUF,
    0.50 INR, 50 JPY, 10 MXN, 2 MYR, 3 NOK, 0.50 NZD, 2 PLN, 2 RON, 3 SEK, 0.50 SGD, 10 THB
"""

TAKEN = (THREE_DECIMALS | set(_PRESENTMENT.split())) & EXPONENTS.keys()
_sums = [tuple(each.split()) for each in _MINIMUM.split(",")]
LEAST = {currency: Money.parse(amount, currency).minor for amount, currency in _sums if currency in TAKEN}
