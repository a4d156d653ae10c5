/** <stripe-card key amount currency>: Stripe's own card form, from Stripe's own host, as Stripe asks for. A card's number never reaches us: the form gets a token. */
const SOURCE = "https://js.stripe.com/endive/stripe.js"; // of the same release as the API's version in the SDK
const NOT_LOADED = "The card form did not load. Check your connection, then load this page again.";
let loading;

function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SOURCE;
    script.onload = () => resolve(window.Stripe);
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error(NOT_LOADED));
    };
    document.head.append(script);
  });
  return loading;
}

customElements.define(
  "stripe-card",
  class extends HTMLElement {
    async connectedCallback() {
      this.token = this.querySelector("[name=payment_method]");
      this.begin = new AbortController();
      this.closest("form")?.addEventListener("change", () => this.load(), { signal: this.begin.signal });
      if (!this.hasAttribute("amount")) this.closest("form").addEventListener("submit", (event) => this.send(event), { signal: this.begin.signal });
      await this.load();
    }

    /** In a form of its own, which is sent once there is a token. */
    async send(event) {
      event.preventDefault();
      if (await this.fill()) event.target.submit();
    }

    /** Stripe's form is opened when it is needed: not while a saved card is chosen. */
    async load() {
      if (this.isSaved() || this.stripe || this.opening) return;
      this.opening = true;
      try {
        const Stripe = await load();
        if (this.isConnected) this.open(Stripe(this.getAttribute("key")));
      } catch {
        this.say(NOT_LOADED);
      }
      this.opening = false;
    }

    isSaved() {
      return Boolean(this.closest("form")?.querySelector("[name=payment_method]:checked:not([value=''])"));
    }

    disconnectedCallback() {
      this.begin.abort();
      this.form?.destroy();
    }

    open(stripe) {
      this.stripe = stripe;
      const pays = this.hasAttribute("amount"); // otherwise the card is saved for next time, and nothing is charged
      const sum = pays ? { mode: "payment", amount: Number(this.getAttribute("amount")), captureMethod: "manual" } : { mode: "setup" };
      this.elements = stripe.elements({
        ...sum,
        currency: this.getAttribute("currency"),
        paymentMethodCreation: "manual",
        allowedPaymentMethodTypes: ["card"],
      });
      this.form = this.elements.create("payment", { wallets: { applePay: "auto", googlePay: "auto" } });
      this.form.on("change", () => (this.token.value = ""));
      this.form.mount(this.querySelector("[data-place]"));
    }

    /** Whether the form that this stands in has a token to send; where not, what is wrong is said here. The same card keeps its token: sent again, it is the same payment. */
    async fill() {
      if (this.isSaved()) this.token.value = "";
      if (this.isSaved() || this.token.value) return true;
      if (!this.elements) return this.say(NOT_LOADED);
      const { error: incomplete } = await this.elements.submit();
      if (incomplete) return this.say(incomplete.message);
      const { error, paymentMethod } = await this.stripe.createPaymentMethod({ elements: this.elements });
      if (error) return this.say(error.message);
      this.say("");
      this.token.value = paymentMethod.id;
      return true;
    }

    say(words) {
      const box = this.querySelector("[data-wrong]");
      box.textContent = words;
      box.hidden = !words;
      return false;
    }
  },
);
