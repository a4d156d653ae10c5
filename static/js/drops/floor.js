/** <drop-floor drop phase>: the place where a drop happens; it carries the phase, and CSS shows the parts that belong to it. */
import { watch } from "../facts.js";
import { say } from "../toast.js";

const SAID = { live: "is open", sold_out: "is sold out", ended: "has ended" };

customElements.define(
  "drop-floor",
  class extends HTMLElement {
    connectedCallback() {
      this.stop = watch(this.getAttribute("drop"), (drop) => this.draw(drop));
    }

    disconnectedCallback() {
      this.stop();
    }

    draw({ phase }) {
      const before = this.getAttribute("phase");
      if (!phase || phase === before) return;
      this.setAttribute("phase", phase);
      if (this.hasAttribute("name") && SAID[phase] && !(before === "sold_out" && phase === "live")) {
        say(`${this.getAttribute("name")} ${SAID[phase]}.`, { quietly: true }); // the floor shows it
      }
    }
  },
);
