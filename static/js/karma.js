/** The karma page follows the ledger: the number at once, the rest as the server draws it. */
import { localise } from "./local-time.js";
import { say } from "./toast.js";

let newest = 0; // the entry last heard of: an older one that comes late changes nothing
let asking = false;
let again = false;

/** Puts the page's newest state in place; what is told meanwhile is asked for once more. */
async function redraw() {
  again = asking;
  if (asking) return;
  asking = true;
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer?.ok && !answer.redirected) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-karma]");
    const inside = document.activeElement.closest("[data-karma]");
    if (fresh && !inside) {
      document.querySelector("[data-karma]").replaceWith(fresh);
      localise(fresh);
    }
  }
  asking = false;
  if (again) redraw();
}

document.addEventListener("live:karma-updated", ({ detail: { balance, version } }) => {
  if (version <= newest) return;
  newest = version;
  document.querySelector("[data-balance]").textContent = balance;
  say(`You have ${balance} karma.`, { quietly: true });
  redraw();
});
document.addEventListener("live:back", redraw);
