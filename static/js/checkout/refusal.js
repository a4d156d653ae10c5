/** A refusal of the API in the shop's words. They came with the page (reservations/checkout/messages.py), so that nobody who was too late has to ask
 * again. While it stands its seconds and counts move; once it is no longer true it is gone, and nothing moves into its place. */
import { everySecond, secondsUntil, span } from "../clock.js";
import { drop, stock, watch } from "../facts.js";

const MOMENT = 10; // seconds that "in a moment" lasts

const fill = (text, slots) => text.replace(/\{(\w+)(?:\|([^}]*))?\}/g, (_, name, otherwise) => slots[name] || otherwise || "").trim();
const here = () => document.querySelector("drop-floor").getAttribute("drop");
const words = () => JSON.parse(document.getElementById("refusals").textContent);

/** Where there are pairs, nearest first: "3 left in 9.5."; empty where there are none. */
function elsewhere(text, label) {
  const sizes = [...(drop(here())?.sizes.values() ?? [])];
  const place = Math.max(0, sizes.findIndex(({ size }) => size === label));
  const near = sizes.map((size, other) => ({ ...size, far: Math.abs(other - place) })).sort((one, other) => one.far - other.far);
  const found = near.find(({ available }) => available > 0);
  return found ? fill(text, found) : "";
}

/** Whether news of the drop show that a refusal is over, by its code. */
const OVER = {
  sold_out: (size) => size.sold < size.total,
  all_held: (size, { phase }) => size.available > 0 || size.sold >= size.total || phase !== "live",
  not_open: (_, { phase }) => phase !== "upcoming",
  closed: (_, { phase }) => phase === "live" || phase === "upcoming",
};
const WAITS = ["busy", "concurrent_update", "rate_limited"];

class Refusal {
  constructor(problem, retryAfter) {
    this.problem = problem;
    this.words = words();
    this.moment = problem.retry_at ?? problem.starts_at;
    this.retryAfter = retryAfter && Number(retryAfter);
    this.begun = performance.now();
    this.isOver = false;
    this.box = this.build();
    this.draw();
  }

  build() {
    const box = document.createElement("div");
    Object.assign(box, { className: "notice", tabIndex: -1 });
    Object.assign(box.dataset, { kind: (this.words[this.problem.code] ?? this.words.other).kind, focus: "" });
    box.setAttribute("role", "alert");
    for (const name of ["strong", "span"]) {
      const part = document.createElement(name);
      part.setAttribute("aria-live", "off"); // read once, when it gets the focus, not every second
      box.append(part, " ");
    }
    return box;
  }

  /** Keeps it true while it stands on the page. */
  follow() {
    let isNews = false; // what was known before the refusal says nothing about it
    const stops = [
      watch(here(), (facts) => isNews && this.hear(facts)),
      everySecond(() => (this.box.isConnected || !isNews ? this.draw() : stops.forEach((stop) => stop()))),
    ];
    isNews = true;
  }

  hear(facts) {
    const { code, size } = this.problem;
    const counters = stock(facts, facts.sizes.has(size) ? size : "");
    if (counters) this.isOver = OVER[code]?.(counters, facts) ?? this.isOver;
    if (code === "all_held") this.moment = counters?.next_expiry ?? this.moment;
    if (code === "not_open") this.moment = facts.starts_at ?? this.moment;
    this.draw();
  }

  /** Seconds after which a refusal that asks for patience is over; NaN for others. */
  left() {
    if (this.problem.code === "cooling_down") return secondsUntil(this.moment);
    if (!WAITS.includes(this.problem.code)) return NaN;
    return Math.max(0, Math.ceil((this.retryAfter ?? MOMENT) - (performance.now() - this.begun) / 1000));
  }

  draw() {
    const { problem } = this;
    const { title, text } = this.words[problem.code] ?? this.words.other;
    const label = problem.size ?? "";
    const left = this.left();
    const slots = {
      detail: problem.detail,
      wrong: Object.values(problem.errors ?? {})[0]?.[0] || problem.detail,
      size: /^\d/.test(label) ? `size ${label}` : label,
      elsewhere: elsewhere(this.words.elsewhere, label),
      wait: this.moment && span(secondsUntil(this.moment)),
      again: this.retryAfter && `in ${left} s`,
    };
    for (const [part, said] of [["strong", title], ["span", text]]) {
      const element = this.box.querySelector(part);
      if (element.textContent !== fill(said, slots)) element.textContent = fill(said, slots);
    }
    this.box.toggleAttribute("data-past", this.isOver || left === 0);
  }
}

/** The notice about a problem (RFC 9457); `retryAfter` is the header's, in seconds. */
export function notice(problem, retryAfter) {
  const refusal = new Refusal(problem, retryAfter);
  refusal.follow();
  return refusal.box;
}

/** Takes over what the server has written about a refusal to reserve, so that it stays true. */
export function adopt(decide) {
  const written = decide.querySelector(".notice[data-problem]");
  if (!written || !document.getElementById("refusals")) return;
  const problem = JSON.parse(written.dataset.problem);
  if (problem.code in words()) written.replaceWith(notice(problem, problem.retry_after));
}
