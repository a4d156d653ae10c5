/** The form of the checkout as the API takes it. */
const LINES = ["name", "street", "city", "state", "zip_code", "country"];

export function order(form, button) {
  const given = Object.fromEntries(new FormData(form, button));
  const lines = given.pickup ? { name: given.name, pickup: Number(given.pickup) } : Object.fromEntries(LINES.map((line) => [line, given[line] ?? ""]));
  const amount = given.pickup ? given[`total-${given.pickup}`] : given.total;
  return { address: lines, payment_method: given.payment_method ?? "", total: { amount, currency: form.dataset.currency } };
}
