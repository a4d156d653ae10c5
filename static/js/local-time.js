/** <time data-local="time|day|date|clock|near">: the same moment on the reader's clock, in the time zone that they chose in their
    settings, else on that of their device; the zone is named once, in the footer. */
import { now } from "./clock.js";

const ZONE = known(document.documentElement.dataset.timeZone) ?? Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone, where this browser knows it too. */
function known(zone) {
  try {
    return zone && new Intl.DateTimeFormat("en-GB", { timeZone: zone }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function yearOf(moment) {
  return new Intl.DateTimeFormat("en-GB", { year: "numeric", timeZone: ZONE }).format(moment);
}

const FORMS = {
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  day: { weekday: "short", day: "numeric", month: "short" },
  date: { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
};

/** The shop's time; before it is known (after Back, say) that of this device, whose year and day are good enough to leave out
    what the reader knows. */
const today = () => now() || Date.now();

/** "near": the hour alone while the moment is less than 20 hours away, else with its day. A day of another year names the year. */
function form(name, moment) {
  if (name === "near" && Math.abs(moment - today()) < 20 * 3600_000) return FORMS.time;
  const parts = name === "near" ? { ...FORMS.day, ...FORMS.time } : FORMS[name];
  return parts.day && yearOf(moment) !== yearOf(today()) ? { ...parts, year: "numeric" } : parts;
}

/** The moment of a <time>, as HTML allows it: with milliseconds, while the shop's facts know microseconds. */
export function setMoment(element, at) {
  element.dateTime = new Date(at).toISOString();
}

export function localise(root) {
  for (const element of root.querySelectorAll("time[data-local]")) {
    const moment = new Date(element.dateTime);
    element.textContent = new Intl.DateTimeFormat("en-GB", { ...form(element.dataset.local, moment), timeZone: ZONE }).format(moment);
  }
  for (const zone of root.querySelectorAll("[data-zone]")) {
    zone.textContent = ZONE.replaceAll("_", " ");
  }
}

localise(document);
