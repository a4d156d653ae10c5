/** The pass that came with the page: with it, reserving is one signed request. Renewed before it runs out, so that the bell finds it good. */
import { now } from "./clock.js";

const BEFORE_THE_END = 60_000; // milliseconds; up to three times as long, at random: who opened the page together does not renew together
const AGAIN = 15_000; // until the next try, where the shop could not answer
let pass = null; // { text, until }
let timer = 0;

const address = (deed) => `/api/v1/drops/${document.querySelector("drop-floor").getAttribute("drop")}/${deed}`;

function keep(text, until) {
  pass = { text, until: Date.parse(until) };
  clearTimeout(timer);
  timer = setTimeout(renewWhenSeen, Math.max(0, pass.until - now() - BEFORE_THE_END * (1 + 2 * Math.random())));
}

function lose() {
  clearTimeout(timer);
  pass = null;
}

/** Takes the pass off the decision that stands on the page now; without one there, none is needed or none is given. */
export function takePass(decide) {
  if (decide.dataset.pass) keep(decide.dataset.pass, decide.dataset.passUntil);
  else lose();
}

/** Nobody looks: nobody reserves. The pass is renewed when somebody looks again. */
function renewWhenSeen() {
  if (!pass) return;
  if (document.visibilityState === "visible") renew();
  else document.addEventListener("visibilitychange", renewWhenSeen, { once: true });
}

async function renew() {
  const token = document.querySelector("#pick [name=csrfmiddlewaretoken]")?.value ?? "";
  const answer = await fetch(address("pass"), { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
  if (answer?.ok) {
    const fresh = await answer.json();
    return keep(fresh.pass, fresh.expires_at);
  }
  const later = pass && now() < pass.until && (!answer || answer.status === 429 || answer.status >= 500);
  if (later) timer = setTimeout(renewWhenSeen, AGAIN * (1 + Math.random()));
  else lose(); // signed out, or the drop is over: the form knows what to do
}

function ask(size) {
  const headers = { "X-Drop-Pass": pass.text, "Content-Type": "application/json" };
  return fetch(address("reserve"), { method: "POST", headers, body: JSON.stringify({ size }) });
}

/** The API's answer to reserving this size; null where there is no good pass, and the form must be sent instead. Rejects where nobody answers. */
export async function reserve(size) {
  for (let tries = 0; pass && tries < 2; tries += 1) {
    const answer = await ask(size);
    if (answer.status !== 401) return answer;
    await renew(); // it ran out, or was given to a sign-in that has ended
  }
  return null;
}
