/** <size-run drop>: the radio group of sizes. Marks what is sold out and what is yours, and puts the size on the button. */
import { stock, watch } from "../facts.js";
import { say } from "../toast.js";
import { inWords } from "./words.js";

customElements.define(
  "size-run",
  class extends HTMLElement {
    connectedCallback() {
      this.addEventListener("change", () => this.draw());
      document.addEventListener("hold:swapped", this);
      this.stop = watch(this.getAttribute("drop"), (drop) => {
        this.drop = drop;
        this.draw();
      });
      this.draw();
    }

    disconnectedCallback() {
      this.stop();
      document.removeEventListener("hold:swapped", this);
    }

    handleEvent() {
      this.draw();
    }

    draw() {
      const mine = document.querySelector("[data-hold-size]")?.dataset.holdSize;
      for (const tile of this.querySelectorAll(".size")) this.tile(tile, mine);
      const chosen = this.querySelector("input:checked")?.value;
      const button = document.querySelector("[data-reserve]");
      if (button && !button.hasAttribute("aria-busy")) {
        button.textContent = chosen ? `Reserve size ${chosen}` : "Pick a size";
        button.disabled = !chosen;
      }
      for (const slot of document.querySelectorAll("[data-chosen-size]")) slot.textContent = chosen ? ` size ${chosen}` : "";
    }

    tile(tile, mine) {
      const input = tile.querySelector("input");
      const counters = this.drop && stock(this.drop, input.value);
      tile.toggleAttribute("data-yours", input.value === mine);
      tile.querySelector("stock-words").draw?.();
      if (counters) {
        const [state] = inWords(this.drop.phase, counters, true);
        if (input.checked && tile.dataset.state !== state) this.changed(input.value, state);
        tile.dataset.state = state;
      }
      input.disabled = Boolean(mine) || tile.dataset.state === "sold" || tile.dataset.state === "ended";
      if (input.disabled && input.checked && !mine) input.checked = false;
    }

    /** Only what happens to the size you look at is worth a word. */
    changed(label, state) {
      const said = { sold: `Size ${label} is sold out.`, held: `Every pair in ${label} is held; one may return.`, available: `Size ${label} is available.` };
      if (said[state]) say(said[state], { quietly: true }); // the tile shows it
    }
  },
);
