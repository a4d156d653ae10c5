/** When a drop should have opened or ended and no news has come: asks the server, and again after a pause that doubles. */
import { everySecond, secondsUntil } from "../clock.js";
import { drop } from "../facts.js";
import { ask } from "../poll.js";

const SOON = 900; // milliseconds over which those who look at the countdown spread their question
const LATER = 4_000; // and those who see it among others: most are told by the socket meanwhile
const LONGEST = 30_000; // milliseconds between two questions
const turns = new Map(); // a drop's id -> { moment, timer, tries }

/** The moment at which the phase on this floor is over; undefined after the end. */
function moment(floor) {
  const { starts_at, ends_at } = drop(floor.getAttribute("drop")) ?? { starts_at: floor.dataset.startsAt, ends_at: floor.dataset.endsAt };
  return { upcoming: starts_at, live: ends_at, sold_out: ends_at }[floor.getAttribute("phase")];
}

async function question(floor, turn) {
  turn.timer = 0;
  turn.tries += 1;
  if (secondsUntil(moment(floor)) === 0) await ask(floor.getAttribute("drop"), { anew: true }).catch(() => 0);
}

function look(floor) {
  const id = floor.getAttribute("drop");
  const due = moment(floor);
  if (!due) return;
  if (turns.get(id)?.moment !== due) {
    clearTimeout(turns.get(id)?.timer);
    turns.set(id, { moment: due, timer: 0, tries: 0 });
  }
  const turn = turns.get(id);
  if (turn.timer || secondsUntil(due) !== 0) return;
  const first = floor.querySelector("drop-countdown") ? Math.random() * SOON : SOON + Math.random() * LATER;
  const again = Math.min(LONGEST, 1000 * 2 ** (turn.tries - 1)) * (1 + Math.random() / 2);
  turn.timer = setTimeout(question, turn.tries ? again : first, floor, turn);
}

everySecond(() => document.querySelectorAll("drop-floor[drop]").forEach(look));
