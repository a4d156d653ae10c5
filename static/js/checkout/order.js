/** The form of the checkout as the API takes it. */
const LINES = ["name", "street", "city", "state", "zip_code", "country"];

function destination(given) {
  if (given.pickup) return { name: given.name, pickup: Number(given.pickup) };
  return given.saved_address || Object.fromEntries(LINES.map((line) => [line, given[line] ?? ""]));
}

export function order(form, button) {
  const data = new FormData(form, button);
  const given = Object.fromEntries(data);
  const amount = given.pickup ? given[`total-${given.pickup}`] : given.total;
  const method = data.getAll("payment_method").find(Boolean) ?? ""; // a saved card, or what the provider's form has filled in
  const kept = "keep" in given ? { keep: true } : {};
  return { address: destination(given), payment_method: method, total: { amount, currency: form.dataset.currency }, ...kept };
}
