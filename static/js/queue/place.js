/** [data-queue]: a place in a queue. Asks as often as it is told to, fills in the numbers, and has the decision told anew when the state changes. */
import { mark, measure, now } from "../clock.js";
import { decide, fetchDecision } from "../checkout/decision.js";
import { localise, setMoment } from "../local-time.js";

const SPREAD = 0.3; // of the pause, at random: who came together does not ask together
const AFTER_NEWS = 2_000; // milliseconds within which a crowd asks that has heard the same
const WHEN_LOST = 8_000; // milliseconds until the next question where nobody answers
let timer = 0;
let ticket = ""; // with which the desk answers; the ordinary way goes by the session, and gives a new one

const place = () => decide()?.querySelector("[data-queue]");
const waits = () => ["before", "waiting", "cannot_win"].includes(place()?.dataset.state);
const floor = () => document.querySelector("drop-floor");
const count = (number) => number.toLocaleString("en-US", { useGrouping: false });
const chance = ({ low, high }) => (low === high ? `${high} in 10` : `${low} to ${high} in 10`);

/** The text of each [data-fill]; null leaves what stands there. */
function words(told) {
  return {
    ahead: told.ahead === null ? null : count(told.ahead),
    others: count(Math.max(0, told.of - 1)),
    of: count(told.of),
    let_in: count(told.let_in),
    sold: count(told.sold),
    chance: told.chance && chance(told.chance),
    by_size: told.sizes.length ? `Of ${told.sizes.map((size) => `a ${size.size}: ${size.chance ? chance(size.chance) : ""}`).join(", of ")}.` : "",
    word: told.word,
    later_because: told.later_because,
  };
}

function fill(told) {
  const here = place();
  for (const [name, text] of Object.entries(words(told))) {
    for (const element of here.querySelectorAll(`[data-fill="${name}"]`)) {
      const isWorse = name === "ahead" && Number(text) > Number(element.textContent); // an older answer that came late
      if (text !== null && !isWorse && element.textContent !== text) element.textContent = text;
      if (element.matches(".notice")) element.hidden = !text;
    }
  }
  for (const name of ["earliest", "latest"]) {
    const element = here.querySelector(`time[data-fill="${name}"]`);
    if (!element || !told[name]) continue;
    element.dataset.local = "time";
    setMoment(element, told[name]);
  }
  for (const [part, isThere] of [["some", told.latest], ["none", !told.latest]]) {
    here.querySelector(`[data-${part}="earliest"]`)?.toggleAttribute("hidden", !isThere);
  }
  localise(here);
}

async function ask() {
  clearTimeout(timer);
  if (!waits()) return;
  const sent = mark();
  const headers = ticket ? { "X-Queue-Ticket": ticket } : {};
  const answer = await fetch(`/api/v1/drops/${floor().getAttribute("drop")}/queue`, { headers, cache: "no-store" }).catch(() => null);
  ticket = answer?.headers.get("X-Queue-Ticket") ?? "";
  if (!answer?.ok) return again(WHEN_LOST);
  const told = await answer.json();
  measure(told.server_time, sent);
  if (!waits()) return;
  if (told.state !== place().dataset.state) return changed();
  fill(told);
  again(told.poll_after * 1_000);
}

/** The decision as it is now; whose focus is elsewhere on the page keeps it there. */
const changed = () => fetchDecision({ focus: document.activeElement === document.body || decide().contains(document.activeElement) });

/** Asks again after this pause, and soon after the start, when the places are there. */
function again(pause) {
  clearTimeout(timer);
  const spread = pause * (1 + SPREAD * Math.random());
  const start = Date.parse(floor()?.dataset.startsAt) - now();
  const atTheStart = place()?.dataset.state === "before" && start > 0 ? start + 300 + 1_200 * Math.random() : Infinity;
  timer = setTimeout(ask, Math.min(spread, atTheStart));
}

function begin() {
  if (waits()) again((Number(place().dataset.pollAfter) || 2) * 1_000);
}

begin();
document.addEventListener("hold:swapped", begin);
document.addEventListener("page:woke", ask);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
document.addEventListener("live:queue-updated", ({ detail }) => {
  if (!place() || detail.drop !== floor()?.getAttribute("drop")) return;
  if (detail.state) changed();
  else if (waits()) again(Math.random() * AFTER_NEWS);
});
