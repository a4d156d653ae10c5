/** `<price-chart data-prices="address of the API">`: every price of the year as a dot, odd ones apart, as the table has them. */

const DAY = 86400;
const money = (currency) => new Intl.NumberFormat(undefined, { style: "currency", currency, maximumFractionDigits: 0 });

/** The prices in the currency that most of them are in, oldest first. */
function known(prices) {
  const counts = Map.groupBy(prices, ({ price }) => price.currency);
  const most = [...counts.values()].sort((one, other) => other.length - one.length)[0] ?? [];
  return most.toReversed();
}

class PriceChart extends HTMLElement {
  async connectedCallback() {
    const answer = await fetch(this.dataset.prices, { headers: { Accept: "application/json" } }).catch(() => null);
    this.prices = known(answer?.ok ? (await answer.json()).prices : []);
    if (this.prices.length < 2) {
      this.dataset.nothing = "";
      return;
    }
    this.setAttribute("role", "img");
    this.setAttribute("aria-label", `A chart of ${this.prices.length} prices; the table below lists them.`);
    this.draw();
    this.wide = this.clientWidth;
    new ResizeObserver(() => this.clientWidth !== this.wide && this.draw()).observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  draw() {
    this.wide = this.clientWidth;
    this.chart?.destroy();
    this.chart = new window.uPlot(this.options(), this.data(), this);
  }

  data() {
    const amounts = (odd) => this.prices.map(({ price, is_odd }) => (is_odd === odd ? Number(price.amount) : null));
    return [this.prices.map(({ at }) => Date.parse(at) / 1000), amounts(false), amounts(true)];
  }

  options() {
    const style = getComputedStyle(this);
    const paint = (name) => this.colour(style, name);
    const told = money(this.prices[0].price.currency);
    const value = (_, amount) => (amount === null ? "–" : told.format(amount));
    const dots = (label, stroke, width) => ({
      label, value, stroke, paths: () => null,
      points: { show: true, size: 9, width, stroke, fill: width ? "transparent" : stroke },
    });
    const grid = { stroke: paint("--line"), width: 1 };
    const axis = { stroke: paint("--soft"), grid, ticks: { show: false }, font: `13px ${style.fontFamily}` };
    return {
      width: Math.max(this.clientWidth, 240),
      height: 280,
      cursor: { drag: { x: false, y: false } },
      scales: { x: { range: (_, low, high) => [low - 3 * DAY, high + 3 * DAY] } },
      series: [{ label: "When", value: "{YYYY}-{MM}-{DD}" }, dots("Price", paint("--dot"), 0), dots("Odd", paint("--odd"), 2)],
      axes: [axis, { ...axis, size: 64, values: (_, amounts) => amounts.map((amount) => told.format(amount)) }],
    };
  }

  /** The colour as a canvas takes it: what a custom property comes to, light or dark. */
  colour(style, name) {
    this.style.color = `var(${name})`;
    const found = style.color;
    this.style.color = "";
    return found;
  }
}

customElements.define("price-chart", PriceChart);
