/** <draw-check data-files>: computes the draw again from its published files, in this browser, and says what it finds. */
import { allot, commitment, inOrder, leafOf, ranksCsv, readEntries, sha256 } from "./compute.js";

const CHECKS = [
  ["entries.csv is the file that was published at close", async ({ csv, draw }) => (await sha256(csv)) === draw.entries.sha256],
  ["every leaf fits its entry", async ({ entries, draw }) => (await Promise.all(entries.map(({ leaf, text }) => leafOf(draw.drop, text).then((own) => own === leaf)))).every(Boolean)],
  ["every entry stands there once, in order", ({ entries, draw }) => entries.length === draw.entries.count && entries.every(({ leaf }, place) => !place || entries[place - 1].leaf < leaf)],
  ["the root is that of these leaves", async ({ entries, draw }) => (await sha256(entries.map(({ leaf }) => `${leaf}\n`).join(""))) === draw.entries.root],
  ["the seed fits its seal", async ({ draw }) => (await commitment(draw.seed)) === draw.commitment],
  ["the beacon was named before", ({ draw }) => draw.beacons.some(({ source, round }) => source === draw.beacon.source && round === draw.beacon.round)],
];

class DrawCheck extends HTMLElement {
  connectedCallback() {
    this.querySelector("[data-check]")?.addEventListener("click", (event) => this.check(event.target));
  }

  async check(button) {
    button.disabled = true;
    this.say("info", "Computing …", "");
    try {
      await this.compute();
    } catch (error) {
      this.say("error", "It could not be computed here.", String(error.message ?? error));
    }
    button.disabled = false;
  }

  async compute() {
    const read = (name) => fetch(`${this.dataset.files}${name}`).then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(`${name} could not be read.`))));
    const [csv, told, json] = await Promise.all(["entries.csv", "ranks.csv", "draw.json"].map(read));
    const begun = performance.now();
    const given = { csv, draw: JSON.parse(json), entries: readEntries(csv) };
    for (const [words, holds] of CHECKS) if (!(await holds(given))) return this.say("error", "Something is wrong.", `It is not so that ${words}.`);
    const { seed, beacon, loyalty, stock } = given.draw;
    const order = await inOrder(given.entries, { seed, beacon: beacon.value, loyalty });
    const ranks = ranksCsv(order, allot(order, stock.map(({ pairs }) => pairs)));
    if (ranks !== told) return this.say("error", "Something is wrong.", "The ranks are not those that follow from seed and beacon.");
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    const mine = this.dataset.rank ? ` Yours: ${this.dataset.rank}.` : "";
    return this.say("ok", "Recomputed here: all the same.", `${order.length.toLocaleString("en-US")} ranks in ${seconds} s in this browser, from the files below.${mine}`);
  }

  say(kind, title, text) {
    const [strong, span] = [document.createElement("strong"), document.createElement("span")];
    strong.textContent = title;
    span.textContent = text;
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.dataset.kind = kind;
    notice.append(strong, " ", span);
    this.querySelector("[data-check-result]").replaceChildren(notice);
  }
}

customElements.define("draw-check", DrawCheck);
