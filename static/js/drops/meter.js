/** <stock-meter drop size>: one bar in three parts, available, held and sold. It moves between facts and never invents one. */
import { stock, watch } from "../facts.js";

customElements.define(
  "stock-meter",
  class extends HTMLElement {
    connectedCallback() {
      this.stop = watch(this.getAttribute("drop"), (drop) => this.draw(stock(drop, this.getAttribute("size"))));
    }

    disconnectedCallback() {
      this.stop();
    }

    draw(counters) {
      if (!counters) return;
      let x = 0;
      for (const [part, count] of [["available", counters.available], ["held", counters.reserved], ["sold", counters.sold]]) {
        const width = counters.total ? (count / counters.total) * 100 : 0;
        const rect = this.querySelector(`.${part}`);
        rect.setAttribute("x", `${x}%`);
        rect.setAttribute("width", `${width}%`);
        x += width;
      }
    }
  },
);
