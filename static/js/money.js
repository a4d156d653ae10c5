/** Money as the pages write it (dropshop/core/money.py says the same): "$180", "$180.50", "180 CHF". */
const SYMBOLS = { USD: "$", EUR: "€", GBP: "£", JPY: "¥" };

export function shown({ amount, currency }) {
  const short = amount.replace(/\.00$/, "");
  return currency in SYMBOLS ? SYMBOLS[currency] + short : `${short} ${currency}`;
}
