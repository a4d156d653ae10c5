/** <stock-words drop size state until>: the words beside a meter. Available, all held and sold out are never mixed up (L2). */
import { secondsUntil, span } from "../clock.js";
import { EachSecond } from "../each-second.js";
import { stock, watch } from "../facts.js";

/** The state of these counters in this phase, and what to say; the same words as drops/labels.py. */
export function inWords(phase, counters, short) {
  const pairs = (count) => `${count} ${count === 1 ? "pair" : "pairs"}`;
  if (phase === "upcoming") return ["before", pairs(counters.total)];
  if (counters.sold >= counters.total) return ["sold", "sold out"];
  if (phase === "ended") return ["ended", "ended"];
  if (counters.available > 0) return ["available", `${counters.available} left`];
  const until = counters.next_expiry ? span(secondsUntil(counters.next_expiry)) : "";
  return ["held", short ? `held ${until}`.trim() : `all held${until && ` · may return ${until}`}`];
}

customElements.define(
  "stock-words",
  class extends EachSecond {
    follows() {
      this.drop = null;
      return [watch(this.getAttribute("drop"), (drop) => this.learn(drop))];
    }

    learn(drop) {
      this.drop = drop;
      this.draw();
    }

    draw() {
      const size = this.getAttribute("size");
      if (this.closest("[data-yours]")) return this.write("yours", "yours");
      const counters = this.drop ? stock(this.drop, size) : undefined;
      if (counters) this.write(...inWords(this.drop.phase, counters, Boolean(size)));
      else if (this.getAttribute("state") === "held" && this.getAttribute("until")) this.write(...this.asServed(Boolean(size)));
    }

    /** Before the first fact arrives: only the seconds of what the server wrote move. */
    asServed(short) {
      return inWords("live", { total: 1, sold: 0, available: 0, next_expiry: this.getAttribute("until") }, short);
    }

    write(state, text) {
      if (this.getAttribute("state") !== state) this.setAttribute("state", state);
      if (this.textContent !== text) this.textContent = text;
    }
  },
);
