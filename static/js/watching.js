/** What this page wants to hear over the live line. */
const SOCKET_LIMIT = 50; // drops per socket, as the server has it

/** The ids of the drops on the page. */
export function watched() {
  const ids = [...document.querySelectorAll("drop-floor[drop]")].map((floor) => floor.getAttribute("drop"));
  return [...new Set(ids)].slice(0, SOCKET_LIMIT);
}

/** Where on the page a drop happens. */
export const floors = (id) => document.querySelectorAll(`drop-floor[drop="${CSS.escape(id)}"]`);

/** Whether it has a feed: an element with data-feed. */
export const hasFeed = () => document.querySelector("[data-feed]") !== null;

/** Whether it is a member's, who is told what is their own on any page. */
export const isMember = () => document.querySelector("[data-bell]") !== null;

/** The requests to send when the line opens. */
export function joins() {
  const drops = watched().map((drop) => ({ type: "join-drop", drop }));
  return hasFeed() ? [...drops, { type: "join-feed" }] : drops;
}
