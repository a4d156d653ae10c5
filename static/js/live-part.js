/** <live-part name="trades" on="trade-updated" about="ID">: a part of a page that the server draws anew and that is morphed where it
 * stands: focus, scroll, what is typed and what is folded open stay. It asks when one of the events of `on` comes (about ID, where that is
 * given), and when the socket is back after it was away; never all screens in the same moment, and not while nobody looks. */
import { Idiomorph } from "../vendor/idiomorph/idiomorph-0.8.0.esm.js";
import { localise } from "./local-time.js";
import { say } from "./toast.js";

const AFTER_EVENT = 400; // milliseconds over which screens spread their question
const AFTER_RECONNECT = 3_000; // when a server is back, everybody is
const ATTEMPTS = 3;

const FIELDS = "input, select, textarea";

function isChanged(field) {
  if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

const holdsTyping = (node) => node.querySelectorAll && [node, ...node.querySelectorAll(FIELDS)].some((one) => one.matches(FIELDS) && isChanged(one));

customElements.define(
  "live-part",
  class extends HTMLElement {
    connectedCallback() {
      this.listening = new AbortController();
      const listen = (type, act) => document.addEventListener(type, act, { signal: this.listening.signal });
      for (const type of (this.getAttribute("on") ?? "").split(" ").filter(Boolean)) {
        listen(`live:${type}`, ({ detail }) => this.concerns(detail) && this.ask(AFTER_EVENT));
      }
      listen("live:back", () => this.ask(AFTER_RECONNECT));
      listen("visibilitychange", () => !document.hidden && this.isStale && this.ask(AFTER_EVENT));
    }

    disconnectedCallback() {
      this.listening.abort();
      clearTimeout(this.due);
    }

    concerns(detail) {
      const about = this.getAttribute("about");
      return !about || Object.values(detail).includes(about);
    }

    /** Fetches after a random part of `spread` milliseconds; who asks meanwhile is answered by the same fetch. */
    ask(spread, attempt = 1) {
      this.isStale = true;
      if (this.due || document.hidden) return;
      this.due = setTimeout(() => {
        this.due = 0;
        this.fetch().catch(() => attempt < ATTEMPTS && this.ask(spread * 2, attempt + 1));
      }, Math.random() * spread);
    }

    async fetch() {
      this.isStale = false;
      const asked = (this.asked = (this.asked ?? 0) + 1);
      const answer = await fetch(location.href, { headers: { "X-Fragment": this.getAttribute("name") }, cache: "no-store" });
      if (answer.status >= 500) throw new Error(`${answer.status}`);
      const html = await answer.text();
      if (answer.ok && !answer.redirected && asked === this.asked) this.show(html);
    }

    show(html) {
      const fresh = document.createElement("template");
      fresh.innerHTML = html;
      localise(fresh.content);
      let kept = false;
      Idiomorph.morph(this, fresh.content, {
        morphStyle: "innerHTML",
        ignoreActiveValue: true,
        callbacks: {
          beforeNodeMorphed: (node) => !(node.matches?.(FIELDS) && isChanged(node)),
          beforeNodeRemoved: (node) => !(holdsTyping(node) && (kept = true)),
          beforeAttributeUpdated: (name, node) => !(name === "open" && node.matches("details")),
        },
      });
      if (kept) say(`${this.getAttribute("called") ?? "This page"} has changed. Load the page again to see it.`);
    }
  },
);
