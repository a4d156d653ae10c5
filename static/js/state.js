/** The indicator in the bar: what keeps this page true. */
const SAID = {
  live: ["Live", "This page updates by itself."],
  polling: ["Polling", "No live connection; this page checks every few seconds."],
  offline: ["Offline", "No answer from the shop; this page may be out of date."],
};

let shown = "";

/** Says so in the bar, on pages that have something to keep true. */
export function show(state) {
  if (!document.querySelector("drop-floor, [data-feed]")) return;
  for (const element of document.querySelectorAll("live-state")) {
    if (element.getAttribute("state") === state) continue;
    element.setAttribute("state", state);
    element.hidden = false;
    [element.textContent, element.title] = SAID[state];
  }
  if (state !== shown) document.dispatchEvent(new CustomEvent("state:shown", { detail: { state } }));
  shown = state;
}
