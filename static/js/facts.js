/** What this page knows of its drops. Facts come from the socket and from polling; versions never go backwards (L1). */

const known = new Map();

function remember(id) {
  if (!known.has(id)) known.set(id, { id, sizes: new Map() });
  return known.get(id);
}

function tell(drop) {
  document.dispatchEvent(new CustomEvent("drop:facts", { detail: drop }));
}

/** The whole of a drop, from a snapshot or from the API. Sizes of an equal or higher version replace ours. */
export function learn(id, facts) {
  const drop = remember(id);
  for (const name of ["title", "price", "phase", "starts_at", "ends_at", "called_off", "recent_buyers", "top_purchasers"]) {
    if (facts[name] !== undefined) drop[name] = facts[name];
  }
  for (const size of facts.sizes ?? []) {
    const old = drop.sizes.get(size.size);
    if (!old || size.version >= old.version) drop.sizes.set(size.size, size);
  }
  tell(drop);
}

/** One size of a drop, pushed: only a strictly higher version counts. */
export function update(id, size) {
  const drop = remember(id);
  const old = drop.sizes.get(size.size);
  if (old && size.version <= old.version) return;
  drop.sizes.set(size.size, size);
  drop.phase = phaseBy(drop);
  tell(drop);
}

function phaseBy(drop) {
  if (drop.phase !== "live" && drop.phase !== "sold_out") return drop.phase;
  return [...drop.sizes.values()].some((size) => size.sold < size.total) ? "live" : "sold_out";
}

export function drop(id) {
  return known.get(id);
}

/** The counters of one size, or of the whole drop where `label` is empty: the sum, with the earliest expiry. */
export function stock(drop, label) {
  if (label) return drop.sizes.get(label);
  if (!drop.sizes.size) return undefined;
  const sum = { total: 0, available: 0, reserved: 0, sold: 0, next_expiry: null };
  for (const size of drop.sizes.values()) {
    for (const name of ["total", "available", "reserved", "sold"]) sum[name] += size[name];
    if (size.next_expiry && !(sum.next_expiry < size.next_expiry)) sum.next_expiry = size.next_expiry;
  }
  return sum;
}

/** Calls `draw(drop)` with every new fact about the drop `id`, and at once where facts are known; returns how to stop it. */
export function watch(id, draw) {
  const listener = (event) => event.detail.id === id && draw(event.detail);
  document.addEventListener("drop:facts", listener);
  if (known.has(id)) draw(known.get(id));
  return () => document.removeEventListener("drop:facts", listener);
}
