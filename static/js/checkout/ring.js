/** <hold-ring until of>: the seconds that are left of a hold, and the ring around them. Says when they are over. */
import { secondsUntil } from "../clock.js";
import { EachSecond } from "../each-second.js";
import { say } from "../toast.js";

const SPOKEN = [30, 10];

/** <hold-time until of>: the same, small, in the button that buys; it says nothing. */
customElements.define(
  "hold-time",
  class extends EachSecond {
    draw() {
      const left = secondsUntil(this.getAttribute("until"));
      this.whole ??= Math.max(Number(this.getAttribute("of")), left);
      this.querySelector("[data-left]").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      this.querySelector("circle + path").setAttribute("stroke-dashoffset", 100 - (left / this.whole) * 100);
    }
  },
);

customElements.define(
  "hold-ring",
  class extends EachSecond {
    draw() {
      const left = secondsUntil(this.getAttribute("until"));
      this.whole ??= Math.max(Number(this.getAttribute("of")), left);
      this.querySelector(".number").textContent = left >= 100 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : left;
      this.querySelector("small").textContent = left >= 100 ? "min" : "sec";
      this.querySelector("circle + path").setAttribute("stroke-dashoffset", 100 - (left / this.whole) * 100);
      if (SPOKEN.includes(left)) say(`${left} seconds left ${this.getAttribute("to") ?? "to pay"}.`, { quietly: true });
      const wasOver = this.hasAttribute("over");
      this.toggleAttribute("over", left === 0);
      if (left === 0 && !wasOver) this.dispatchEvent(new CustomEvent("hold:over", { bubbles: true }));
    }
  },
);
