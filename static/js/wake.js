/** After sleep, Back, a changed clock or a lost line the clock is measured anew, by one request that also tells how a drop stands.
 * Where nobody answers it is tried again after a doubling pause. */
import { isSure } from "./clock.js";
import { ask } from "./poll.js";
import { watched } from "./watching.js";

const LONGEST = 30_000; // milliseconds between two tries
let underWay = false;
let timer = 0;

async function measured(failures = 0) {
  const [drop] = watched();
  if (!drop || underWay) return;
  underWay = true;
  clearTimeout(timer);
  const status = await ask(drop, { anew: true }).catch(() => 0);
  underWay = false;
  if (status !== 200 || !isSure()) timer = setTimeout(measured, Math.min(LONGEST, 500 * 2 ** failures) * (1 + Math.random()), failures + 1);
}

/** The page is seen again; whoever listens looks whether it still tells the truth. */
function wake() {
  if (document.visibilityState !== "visible") return;
  document.dispatchEvent(new CustomEvent("page:woke"));
  measured();
}

document.addEventListener("clock:doubted", wake);
document.addEventListener("visibilitychange", wake);
addEventListener("pageshow", ({ persisted }) => persisted && wake());
addEventListener("online", wake);
if (!isSure()) measured();
