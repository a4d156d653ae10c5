/** A refusal of the API in the shop's words. They came with the page (reservations/words.py), so that nobody who was too late has to ask again. */
import { secondsUntil, span } from "./clock.js";
import { drop } from "./facts.js";

const fill = (text, slots) => text.replace(/\{(\w+)(?:\|([^}]*))?\}/g, (_, name, otherwise) => slots[name] || otherwise || "").trim();

/** Where there are pairs, nearest first: "3 left in 9.5."; empty where there are none. */
function elsewhere(words, label) {
  const facts = drop(document.querySelector("drop-floor").getAttribute("drop"));
  const sizes = [...(facts?.sizes.values() ?? [])];
  const here = Math.max(0, sizes.findIndex(({ size }) => size === label));
  const near = sizes.map((size, place) => ({ ...size, far: Math.abs(place - here) })).sort((one, other) => one.far - other.far);
  const found = near.find(({ available }) => available > 0);
  return found ? fill(words.elsewhere, found) : "";
}

/** The notice about a problem (RFC 9457); `retryAfter` is the header's, in seconds. */
export function notice(problem, retryAfter) {
  const words = JSON.parse(document.getElementById("refusals").textContent);
  const { kind, title, text } = words[problem.code] ?? words.other;
  const label = problem.size ?? "";
  const moment = problem.retry_at ?? problem.starts_at;
  const slots = {
    detail: problem.detail,
    wrong: Object.values(problem.errors ?? {})[0]?.[0] || problem.detail,
    size: /^\d/.test(label) ? `size ${label}` : label,
    elsewhere: elsewhere(words, label),
    wait: moment && span(secondsUntil(moment)),
    again: retryAfter && `in ${retryAfter} s`,
  };
  const box = document.createElement("div");
  box.className = "notice";
  box.dataset.kind = kind;
  box.dataset.focus = "";
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  box.append(document.createElement("strong"), " ", document.createElement("span"));
  box.querySelector("strong").textContent = fill(title, slots);
  box.querySelector("span").textContent = fill(text, slots);
  return box;
}
