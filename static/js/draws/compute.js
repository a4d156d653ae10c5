/** The computation of a draw, as docs/draws.md has it: whole numbers, and HMAC-SHA256 by the browser's own Web Crypto. */
const ONE = 1n << 64n;
const LN2 = 12786308645202655659n;
const utf8 = new TextEncoder();
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const whole = (bytes) => BigInt(`0x${hex(bytes)}`);

export const sha256 = async (text) => hex(await crypto.subtle.digest("SHA-256", typeof text === "string" ? utf8.encode(text) : text));
export const commitment = (seed) => sha256(bytesOf(seed));
export const leafOf = (drop, text) => sha256(`dropshop/draw-entry/1\0${drop}\0${text}`);

/** Each line of entries.csv: its leaf, its text, and its people with losses and sizes. */
export function readEntries(csv) {
  return csv.trimEnd().split("\n").slice(1).map((line) => {
    const [leaf, text] = line.split(",");
    const people = text.split("+").map((part) => {
      const [, losses, sizes] = part.split(":");
      return { losses: Number(losses), sizes: sizes.split(">").map(Number) };
    });
    return { leaf, text, people };
  });
}

/** -ln(number / 2^64), in units of 2^-64. */
export function minusLog(number) {
  const halvings = Math.max(0, 64 - number.toString(2).length);
  const part = number << BigInt(halvings);
  const z = ((ONE - part) << 64n) / (ONE + part);
  const square = (z * z) >> 64n;
  let [power, total, odd] = [z, 0n, 1n];
  while (power) [total, power, odd] = [total + power / odd, (power * square) >> 64n, odd + 2n];
  return 2n * total + BigInt(halvings) * LN2;
}

function weighed(lot, people) {
  const weight = people.reduce((sum, person) => sum + Math.min(200, 100 + 15 * person.losses), 0);
  return (minusLog(ONE - whole(lot.slice(0, 8))) * 100n * BigInt(people.length)) / BigInt(weight);
}

/** The entries in order of rank, each with its lot. */
export async function inOrder(entries, { seed, beacon, loyalty }) {
  const key = await crypto.subtle.importKey("raw", bytesOf(seed), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const drawn = await Promise.all(
    entries.map(async (entry) => {
      const lot = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(`dropshop/draw/1\0${beacon}\0${entry.leaf}`)));
      return { ...entry, lot, text: hex(lot), key: loyalty ? weighed(lot, entry.people) : 0n };
    }),
  );
  return drawn.sort((a, b) => (a.key !== b.key ? (a.key < b.key ? -1 : 1) : a.text < b.text ? -1 : 1));
}

/** A pair for each of these wishes, the first person's first wish first; null where that cannot be. */
function together([sizes, ...others], left) {
  for (const size of sizes) {
    if (!left[size]) continue;
    left[size] -= 1;
    const rest = others.length ? together(others, left) : [];
    left[size] += 1;
    if (rest) return [size, ...rest];
  }
  return null;
}

/** What each rank got, and which ranks stepped back for a group. */
export function allot(order, stock) {
  const left = [0, ...stock];
  const got = order.map(() => []);
  const holders = left.map(() => []);
  const steppedBack = new Set();
  const all = order.reduce((sum, { people }) => sum + people.length, 0);
  const grouped = order.reduce((sum, { people }) => sum + (people.length > 1 ? people.length : 0), 0);
  const pairs = stock.reduce((sum, each) => sum + each, 0);
  const wishOf = (rank) => order[rank].people[0].sizes;

  function single(rank) {
    const size = wishOf(rank).find((each) => left[each]);
    if (!size) return;
    left[size] -= 1;
    got[rank] = [size];
    holders[size] = [...holders[size], rank].sort((a, b) => a - b);
  }

  function group(rank, wishes, coin) {
    const fitting = together(wishes, left);
    if (fitting) return take(rank, fitting, new Map());
    const alone = wishes.filter((sizes) => sizes.some((size) => left[size])).length;
    if (!alone) return;
    const taken = left.map(() => 0);
    const some = wishes.map((sizes) => {
      const size = sizes.find((each) => left[each] > taken[each]) ?? 0;
      taken[size] += 1;
      return size;
    });
    const losers = alone > some.filter(Boolean).length ? all - Math.min(all, pairs) : all;
    const freed = new Map();
    for (const [seat, sizes] of wishes.entries()) {
      if (some[seat]) continue;
      const lenders = sizes.flatMap((size) => holders[size].filter((other) => !freed.has(other)).map((other) => [other, size]));
      if (!lenders.length) return;
      const [other, size] = lenders.reduce((last, each) => (each[0] > last[0] ? each : last));
      freed.set(other, size);
      some[seat] = size;
    }
    const ousted = [...freed.keys()].filter((other) => wishOf(other).every((size) => left[size] <= taken[size])).length;
    const singles = all - grouped;
    const of = BigInt(wishes.length * singles + ousted * grouped) * BigInt(all);
    if (coin * of < (BigInt(alone * singles) * BigInt(losers)) << 64n) take(rank, some, freed);
  }

  function take(rank, sizes, freed) {
    for (const [other, size] of freed) {
      holders[size] = holders[size].filter((each) => each !== other);
      left[size] += 1;
      got[other] = [];
    }
    for (const size of sizes) left[size] -= 1;
    got[rank] = sizes;
    for (const other of [...freed.keys()].sort((a, b) => a - b)) {
      single(other);
      if (!got[other].length) steppedBack.add(other);
    }
  }

  for (const [rank, { people, lot }] of order.entries()) {
    if (people.length === 1) single(rank);
    else group(rank, people.map(({ sizes }) => sizes), whole(lot.slice(-8)));
  }
  return { got, steppedBack };
}

/** ranks.csv. */
export function ranksCsv(order, { got, steppedBack }) {
  const waiting = new Map();
  const lines = order.map(({ leaf, people }, rank) => {
    const first = new Map();
    for (const size of got[rank].length ? [] : people.flatMap(({ sizes }) => sizes)) {
      waiting.set(size, (waiting.get(size) ?? 0) + 1);
      if (!first.has(size)) first.set(size, waiting.get(size));
    }
    const waits = [...first].sort(([a], [b]) => a - b).map(([size, place]) => `${size}:${place}`);
    return `${rank + 1},${leaf},${got[rank].join("+")},${steppedBack.has(rank) ? "stepped back" : ""},${waits.join(" ")}\n`;
  });
  return `rank,leaf,won,remark,waitlist\n${lines.join("")}`;
}
