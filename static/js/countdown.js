/** <drop-countdown drop until>: three big figures to the bell. At the bell it asks for the truth, and the floor opens. */
import { everySecond, secondsUntil, span } from "./clock.js";
import { watch } from "./facts.js";
import { ask } from "./poll.js";
import { say } from "./toast.js";

const SPOKEN = [600, 300, 60, 10]; // seconds before the bell that are said aloud

customElements.define(
  "drop-countdown",
  class extends HTMLElement {
    connectedCallback() {
      this.stops = [
        everySecond(() => this.draw()),
        watch(this.getAttribute("drop"), ({ starts_at }) => starts_at && this.setAttribute("until", starts_at)),
      ];
      this.draw();
    }

    disconnectedCallback() {
      for (const stop of this.stops) stop();
    }

    draw() {
      const left = secondsUntil(this.getAttribute("until"));
      const days = left >= 100 * 3600;
      const parts = days
        ? { d: left / 86400, h: (left % 86400) / 3600, m: (left % 3600) / 60 }
        : { h: left / 3600, m: (left % 3600) / 60, s: left % 60 };
      const figures = [...this.querySelectorAll(".figure")];
      Object.entries(parts).forEach(([unit, count], place) => {
        figures[place].querySelector(".number").textContent = String(Math.floor(count)).padStart(2, "0");
        figures[place].querySelector(".unit").textContent = unit;
      });
      if (SPOKEN.includes(left) && this.hasAttribute("aloud")) say(`Opens in ${span(left)}.`, { quietly: true });
      if (left === 0) this.bell();
    }

    /** Asks once, a little spread so that a crowd does not knock in the same instant, and again each second until it has opened. */
    bell() {
      const closed = () => this.closest("drop-floor")?.getAttribute("phase") === "upcoming";
      if (this.asking || !closed()) return;
      this.asking = setTimeout(async () => {
        // Most are told by the socket meanwhile. Where nobody answers, the indicator says so and the next second asks again.
        if (closed()) await ask(this.getAttribute("drop")).catch(() => 0);
        this.asking = 0;
      }, Math.random() * 900);
    }
  },
);

/** <time-until at>: "in 4 min". */
customElements.define(
  "time-until",
  class extends HTMLElement {
    connectedCallback() {
      this.stop = everySecond(() => this.draw());
      this.draw();
    }

    disconnectedCallback() {
      this.stop();
    }

    draw() {
      const left = secondsUntil(this.getAttribute("at"));
      const text = left > 0 && left < 86400 ? `in ${left < 3600 && left >= 60 ? `${Math.ceil(left / 60)} min` : span(left)}` : left ? `in ${Math.round(left / 86400)} d` : "now";
      if (this.textContent !== text) this.textContent = text;
    }
  },
);
