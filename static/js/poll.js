/** Asking instead of listening (L3): while the socket is away, every drop of the page is asked for every few seconds. */
import { mark, measure, now } from "./clock.js";
import { drop, learn } from "./facts.js";
import { show } from "./state.js";

const EVERY = 3_000; // milliseconds, and up to half as much again at random
const SELDOM = 5; // rounds from one question about anything else to the next
const tags = new Map();
const others = [];
let timer = 0;
let round = 0;

/** Asks the API for one drop; a 304 costs the server nothing, but only a whole answer (`anew`) tells the time. Rejects where nobody
 * answers; resolves to the status. */
export async function ask(id, { anew = false } = {}) {
  const sent = mark();
  const headers = tags.has(id) && !anew ? { "If-None-Match": tags.get(id) } : {};
  const answer = await fetch(`/api/v1/drops/${id}`, { headers, cache: "no-store", signal: AbortSignal.timeout(8_000) });
  const received = mark();
  if (answer.ok) {
    const facts = await answer.json();
    tags.set(id, answer.headers.get("ETag") ?? "");
    measure(facts.server_time, sent, received);
    learn(id, facts);
  }
  return answer.status;
}

/** What else to ask for while the socket is away, about every 20 s: `asker` resolves to the answer's status. */
export function askToo(asker) {
  others.push(asker);
}

/** Drops that nothing happens to are asked less often. */
function due(id) {
  const facts = drop(id);
  if (!facts || facts.phase === "live") return true;
  return round % 10 === 0 || (facts.phase === "upcoming" && !(Date.parse(facts.starts_at) - now() > 60_000));
}

async function ring(watched) {
  try {
    const too = round % SELDOM === 0 ? others : [];
    const answers = await Promise.all([...watched().filter(due).map((id) => ask(id)), ...too.map((asker) => asker())]);
    show(answers.some((status) => status >= 500) ? "offline" : "polling");
  } catch {
    show("offline"); // nobody answered: that is the fact to show
  }
  round += 1;
  if (timer) timer = setTimeout(ring, EVERY * (1 + Math.random() / 2), watched);
}

export function startPolling(watched) {
  timer ||= setTimeout(ring, 400 + Math.random() * 800, watched);
}

export function stopPolling() {
  clearTimeout(timer);
  timer = 0;
}
