/** The karma page follows the ledger: the number at once; the rest is a <live-part>. */
import { say } from "../toast.js";

let newest = 0; // the entry last heard of: an older one that comes late changes nothing

document.addEventListener("live:karma-updated", ({ detail: { balance, version } }) => {
  if (version <= newest) return;
  newest = version;
  document.querySelector("[data-balance]").textContent = balance;
  say(`You have ${balance} karma.`, { quietly: true });
});
