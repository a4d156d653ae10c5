"""Withdrawals: a shopper takes back the contract, without a reason (Article 9 of Directive 2011/83/EU)."""
