/** <drop-countdown drop until>: three big figures until the drop opens; turn.js asks what happens then. */
import { secondsUntil, span } from "../clock.js";
import { EachSecond } from "../each-second.js";
import { watch } from "../facts.js";
import { say } from "../toast.js";

const SPOKEN = [600, 300, 60, 10]; // seconds before the opening that are said aloud

customElements.define(
  "drop-countdown",
  class extends EachSecond {
    follows() {
      return [watch(this.getAttribute("drop"), ({ starts_at }) => starts_at && this.moved(starts_at))];
    }

    moved(until) {
      if (until === this.getAttribute("until")) return;
      this.setAttribute("until", until);
      this.draw();
    }

    draw() {
      const left = secondsUntil(this.getAttribute("until"));
      if (Number.isNaN(left)) return;
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
    }
  },
);

/** <time-until at>: "in 4 min". */
customElements.define(
  "time-until",
  class extends EachSecond {
    draw() {
      const left = secondsUntil(this.getAttribute("at"));
      const text = left > 0 && left < 86400 ? `in ${left < 3600 && left >= 60 ? `${Math.ceil(left / 60)} min` : span(left)}` : left ? `in ${Math.round(left / 86400)} d` : "now";
      if (this.textContent !== text) this.textContent = text;
    }
  },
);
