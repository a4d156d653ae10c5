/** Forms in and for #decide are sent from here: a pair is reserved and bought with the page's pass, everything else is posted. */
import { mark } from "../clock.js";
import { decide, fetchDecision, isDecision, put } from "./decision.js";
import { order } from "./order.js";
import { buy, reserve, takePass } from "./pass.js";
import { notice } from "./refusal.js";

const LONGEST = 30_000; // milliseconds between two questions about a hold that should be over

/** While the answer is under way the button says so; nothing is claimed before the server has said it. */
function busy(button) {
  if (!button) return () => {};
  const before = [...button.childNodes];
  button.style.minInlineSize = `${button.getBoundingClientRect().width}px`; // what stands beside it keeps its place
  button.textContent = button.dataset.busy ?? "Asking…";
  button.setAttribute("aria-busy", "true");
  return () => {
    button.replaceChildren(...before);
    button.removeAttribute("aria-busy");
  };
}

let underWay = false;

async function send(form, button) {
  if (underWay) return;
  underWay = true;
  const done = busy(button);
  try {
    if ((await form.querySelector("stripe-card")?.fill()) === false) return;
    const quick = form.id === "pick" && (await reserve(new FormData(form).get("size")));
    if (quick) await told(quick);
    else if (!(form.id === "order" && (await paid(form, button)))) await post(form, button);
  } catch {
    trouble("No answer from the shop. Try again: it counts only once.");
  } finally {
    underWay = false;
    done();
    document.dispatchEvent(new CustomEvent("hold:swapped"));
  }
}

/** What the API says to a pass: a hold, which the server's fragment then shows, or a refusal, which needs nobody's help to be shown. */
async function told(answer) {
  const kind = answer.headers.get("Content-Type") ?? "";
  if (answer.ok) return (await fetchDecision({ focus: true })) || location.reload();
  if (!kind.startsWith("application/problem+json")) return unanswered(answer);
  decide().querySelector(".notice[data-focus]")?.remove();
  const trouble = decide().querySelector("[data-trouble]");
  trouble.hidden = true;
  trouble.before(notice(await answer.json(), answer.headers.get("Retry-After")));
  decide().querySelector("[data-focus]").focus();
}

const LOOK_WHILE_PAYING = 3_000; // milliseconds after which the page says itself that the bank is being asked

/** Whether the pass has bought the pair, or asked the bank. What was refused before that is posted: the server's answer says what is wrong at its field. */
async function paid(form, button) {
  const looks = setTimeout(() => fetchDecision({}), LOOK_WHILE_PAYING);
  const answer = await buy(decide().dataset.hold, order(form, button)).finally(() => clearTimeout(looks));
  if (!answer?.ok && answer?.status !== 402) return false;
  const { purchase, confirm_url: confirmation } = await answer.json();
  if (purchase) location.assign(`/orders/${purchase.id}/`);
  else if (confirmation) location.assign(confirmation);
  else (await fetchDecision({ focus: true })) || location.reload();
  return true;
}

async function post(form, button) {
  const sent = mark();
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form, button),
    headers: { "X-Fragment": decide().dataset.fragment },
  });
  const elsewhere = answer.headers.get("X-Location");
  if (elsewhere) return location.assign(elsewhere);
  if (answer.redirected) return location.assign(answer.url); // signed out meanwhile: to the sign-in page
  if (isDecision(answer)) await put(answer, sent, { focus: true });
  else unanswered(answer);
}

function unanswered({ status }) {
  trouble(status === 403 ? "This page is out of date. Load it again; your hold is kept." : "The shop could not answer. Try again: it counts only once.");
}

function trouble(words) {
  const box = decide().querySelector("[data-trouble]");
  box.textContent = words;
  box.hidden = false;
  box.focus();
}

/** Asks how things stand; used when the ring closes, and when another window of the same member has done something. */
async function refresh() {
  return !underWay && decide() !== null && fetchDecision({ wanted: () => !underWay });
}

const closed = new Map(); // how often was asked about a hold whose ring has closed, by hold and moment

/** The ring has closed: asks what became of the hold. While the server says that it lasts, or nobody answers, again after a doubling pause. */
function ringClosed(ring) {
  const key = `${decide().dataset.hold} ${ring.getAttribute("until")}`;
  const times = closed.get(key) ?? 0;
  closed.set(key, times + 1);
  const pause = times ? Math.min(LONGEST, 1_000 * 2 ** times) : 300;
  setTimeout(async () => {
    if (ring.isConnected && ring.hasAttribute("over") && !(await refresh())) ringClosed(ring);
  }, pause + Math.random() * 400);
}

/** While the bank is being asked the page looks again by itself, until it knows. */
const LOOK_AGAIN = 1_500; // milliseconds
let looking = 0;

function lookWhileAsking() {
  clearTimeout(looking);
  if (!decide()?.hasAttribute("data-asks")) return;
  looking = setTimeout(async () => {
    if (!underWay) await fetchDecision({ wanted: () => !underWay });
    lookWhileAsking();
  }, LOOK_AGAIN);
}

if (decide()) {
  takePass(decide());
  lookWhileAsking();
  document.addEventListener("hold:swapped", lookWhileAsking);
  document.addEventListener("live:notification", ({ detail: { kind } }) => kind?.startsWith("payment_") && refresh());
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-decides]")) return;
    event.preventDefault();
    send(form, event.submitter);
  });
  document.addEventListener("hold:over", ({ target }) => ringClosed(target));
  document.querySelectorAll("hold-ring[over]").forEach(ringClosed); // before this module was there to hear it
  // A page that comes back from the browser's memory tells of the past.
  const [navigation] = performance.getEntriesByType("navigation");
  addEventListener("pageshow", ({ persisted }) => (persisted || navigation?.type === "back_forward") && refresh());
  document.addEventListener("live:reservation-created", ({ detail: { reservation } }) => {
    const here = document.querySelector("drop-floor")?.getAttribute("drop") === reservation.drop;
    if (here && reservation.id !== decide().dataset.hold) refresh();
  });
  // Perhaps the points that were missing.
  document.addEventListener("live:karma-updated", () => decide().querySelector("[data-lacks]") && refresh());
  document.addEventListener("live:reservation-ended", ({ detail: { reservation } }) => {
    if (reservation.id === decide().dataset.hold) refresh();
  });
}
