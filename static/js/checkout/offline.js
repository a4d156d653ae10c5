/** Without a connection nothing is asked for as if it could be had: what needs the shop says so, and waits.
 * The browser knows at once when the line is gone; whether it is back only an answer of the shop tells (live.js, poll.js). */
import { show } from "../state.js";

const ASKS = "#decide [data-decides] button";

function away(isAway) {
  for (const button of document.querySelectorAll(ASKS)) {
    if (isAway === button.hasAttribute("data-online")) continue;
    if (isAway) {
      button.style.minInlineSize = `${button.getBoundingClientRect().width}px`; // it keeps its place
      button.dataset.online = button.textContent;
      if (button.matches(".hot")) button.textContent = "You are offline";
    } else {
      button.textContent = button.dataset.online;
      button.removeAttribute("data-online");
    }
    button.disabled = isAway;
  }
}

addEventListener("offline", () => show("offline"));
document.addEventListener("state:shown", ({ detail }) => away(detail.state === "offline"));
document.addEventListener("hold:swapped", () => away(document.querySelector("live-state[state=offline]") !== null));
