/** The decision on a drop or a checkout: forms in and for #decide are sent from here, and the server's fragment takes its place. */
import { localise } from "./local-time.js";

const decide = () => document.getElementById("decide");

/** Puts the server's fragment in place; with `focus`, the reader's focus goes to what has happened. */
function swap(html, { focus }) {
  const box = document.createElement("template");
  box.innerHTML = html;
  const fresh = box.content.firstElementChild;
  if (!fresh || !decide()) return;
  decide().replaceWith(fresh);
  localise(fresh);
  document.dispatchEvent(new CustomEvent("hold:swapped"));
  if (focus) fresh.querySelector("[data-focus]")?.focus();
}

function isDecision(answer) {
  return answer.headers.get("Content-Type")?.startsWith("text/html") && answer.headers.has("X-Fragment");
}

/** While the answer is under way the button says so; nothing is claimed before the server has said it. */
function busy(button) {
  if (!button) return () => {};
  const before = button.textContent;
  button.textContent = button.dataset.busy ?? "Asking…";
  button.setAttribute("aria-busy", "true");
  return () => {
    button.textContent = before;
    button.removeAttribute("aria-busy");
  };
}

let underWay = false;

async function send(form, button) {
  if (underWay) return;
  underWay = true;
  const done = busy(button);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form, button),
      headers: { "X-Fragment": decide().dataset.fragment },
    });
    const elsewhere = answer.headers.get("X-Location");
    if (elsewhere) return location.assign(elsewhere);
    if (answer.redirected) return location.assign(answer.url); // signed out meanwhile: to the sign-in page
    if (isDecision(answer)) swap(await answer.text(), { focus: true });
    else trouble(form, answer.status === 403 ? "This page has grown old. Load it again; your hold is kept." : "The shop could not answer. Nothing was changed that you were not told of; try again.");
  } catch {
    trouble(form, "No answer from the shop. Try again: it will not count twice.");
  } finally {
    underWay = false;
    done();
  }
}

function trouble(form, words) {
  const notice = decide().querySelector("[data-trouble]");
  notice.textContent = words;
  notice.hidden = false;
  notice.focus();
}

/** Asks how things stand; used when the ring closes, and when another window of the same member has done something. */
async function refresh() {
  if (underWay || !decide()) return;
  const answer = await fetch(decide().dataset.source, { headers: { "X-Fragment": decide().dataset.fragment }, cache: "no-store" }).catch(() => null);
  if (answer && isDecision(answer) && !underWay) swap(await answer.text(), { focus: decide().contains(document.activeElement) });
}

if (decide()) {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-decides]")) return;
    event.preventDefault();
    send(form, event.submitter);
  });
  document.addEventListener("hold:over", () => setTimeout(refresh, 300 + Math.random() * 400));
  // A page that comes back from the browser's memory tells of the past.
  const [navigation] = performance.getEntriesByType("navigation");
  addEventListener("pageshow", ({ persisted }) => (persisted || navigation?.type === "back_forward") && refresh());
  document.addEventListener("live:reservation-created", ({ detail: { reservation } }) => {
    const here = document.querySelector("drop-floor")?.getAttribute("drop") === reservation.drop;
    if (here && reservation.id !== decide().dataset.hold) refresh();
  });
  document.addEventListener("live:reservation-ended", ({ detail: { reservation } }) => {
    if (reservation.id === decide().dataset.hold) refresh();
  });
}
