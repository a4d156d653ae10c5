/** Counters in plain text, in every shape of drop: `data-count` left, held or sold, and `data-pairs`, inside a <drop-floor>. */
import { stock } from "../facts.js";
import { floors } from "../watching.js";

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

document.addEventListener("drop:facts", ({ detail: drop }) => {
  const sum = stock(drop);
  if (!sum) return;
  const counts = { left: sum.available, held: sum.reserved, sold: sum.sold };
  for (const floor of floors(drop.id)) {
    for (const element of floor.querySelectorAll("[data-count]")) put(element, String(counts[element.dataset.count]));
    for (const element of floor.querySelectorAll("[data-pairs]")) put(element, `${sum.total} ${sum.total === 1 ? "pair" : "pairs"}`);
  }
});
