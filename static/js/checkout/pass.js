/** The pass that came with the page: with it, reserving is one signed request, and so is buying what is held. Renewed before it runs out, so that it is valid when the drop opens. */
import { everySecond, mark, measure, now } from "../clock.js";

const BEFORE_THE_END = 60_000; // milliseconds; up to three times as long, at random: who opened the page together does not renew together
const AGAIN = 15_000; // milliseconds between two renewals at least, whatever a clock says; up to twice as long, at random
let pass = null; // { text, until, due }: it runs out, and is to be renewed, at these milliseconds of the server's clock
let notBefore = 0; // of performance.now()

const address = (deed) => `/api/v1/drops/${document.querySelector("drop-floor").getAttribute("drop")}/${deed}`;

function keep(text, until) {
  const end = Date.parse(until);
  pass = { text, until: end, due: end - BEFORE_THE_END * (1 + 2 * Math.random()) };
}

/** Takes the pass off the decision that stands on the page now; without one there, none is needed or none is given. A hold is bought with the one it was made with. */
export function takePass(decide) {
  if (decide.dataset.pass) keep(decide.dataset.pass, decide.dataset.passUntil);
  else if (!decide.dataset.hold) pass = null;
}

/** Nobody looks: nobody reserves. The pass is renewed when somebody looks again. */
function renewWhenDue() {
  const isDue = pass && now() >= pass.due && performance.now() >= notBefore;
  if (isDue && document.visibilityState === "visible") renew();
}

async function renew() {
  notBefore = performance.now() + AGAIN * (1 + Math.random());
  const token = document.querySelector("#pick [name=csrfmiddlewaretoken], #decide [name=csrfmiddlewaretoken]")?.value ?? "";
  const sent = mark();
  const answer = await fetch(address("pass"), { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
  const received = mark();
  if (answer?.ok) {
    const fresh = await answer.json();
    measure(fresh.server_time, sent, received);
    return keep(fresh.pass, fresh.expires_at);
  }
  const later = pass && now() < pass.until && (!answer || answer.status === 429 || answer.status >= 500);
  if (!later) pass = null; // signed out, or the drop is over: the form knows what to do
}

/** The API's answer to this request with the pass; null where there is no good pass, and the form must be sent instead. Rejects where nobody answers. */
async function ask(path, given) {
  for (let tries = 0; pass && tries < 2; tries += 1) {
    const headers = { "X-Drop-Pass": pass.text, "Content-Type": "application/json" };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(given) });
    if (answer.status !== 401) return answer;
    await renew(); // it ran out, or was given to a sign-in that has ended
  }
  return null;
}

export const reserve = (size) => ask(address("reserve"), { size });
export const buy = (hold, order) => ask(`/api/v1/reservations/${hold}/purchase`, order);

everySecond(renewWhenDue);
document.addEventListener("visibilitychange", renewWhenDue);
