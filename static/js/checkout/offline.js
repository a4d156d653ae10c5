/** Without a connection nothing is asked for as if it could be had: what needs the shop says so, and waits.
 * The browser knows at once when the line is gone; whether it is back only an answer of the shop tells (live.js, poll.js). */
import { show } from "../state.js";

const said = new WeakMap(); // by button: what stands in it while there is a connection
const ASKS = "#decide [data-decides] button";

function away(isAway) {
  for (const button of document.querySelectorAll(ASKS)) {
    if (isAway === said.has(button)) continue;
    if (isAway) {
      button.style.minInlineSize = `${button.getBoundingClientRect().width}px`; // it keeps its place
      said.set(button, [...button.childNodes]);
      if (button.matches(".hot")) button.textContent = "You are offline";
    } else {
      button.replaceChildren(...said.get(button));
      said.delete(button);
    }
    button.disabled = isAway;
  }
}

addEventListener("offline", () => show("offline"));
document.addEventListener("state:shown", ({ detail }) => away(detail.state === "offline"));
document.addEventListener("hold:swapped", () => away(document.querySelector("live-state[state=offline]") !== null));
