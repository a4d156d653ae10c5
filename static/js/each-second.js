/** An element that draws itself anew at every full second of the server's clock, and at once, while it is on the page. */
import { everySecond } from "./clock.js";

export class EachSecond extends HTMLElement {
  connectedCallback() {
    this.stops = [...this.follows(), everySecond(() => this.draw())];
  }

  disconnectedCallback() {
    for (const stop of this.stops) stop();
  }

  /** What else it follows meanwhile: begins that, and returns a function for each that ends it. */
  follows() {
    return [];
  }
}
