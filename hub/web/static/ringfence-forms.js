/* Ringfence: sends visitors' forms to the hub, without their secret fields. Used together with ringfence.js. */
((settings) => {
  const ATTRIBUTE = "data-ringfence-form";
  const SECRET = "[type=password],[type=hidden],[autocomplete*='cc-' i],[autocomplete*=password i],[autocomplete*=one-time i]," +
    "[data-ringfence-skip]";
  const SECRET_NAME = /pass.?(?:w|code|phrase)|card.?(?:n|c|h|v|e)|credit|cvv|cvc|csc|iban|ssn|social.?sec|tax.?id|\bpin\b/i;
  const LONG_NUMBER = /^(?:\d[\s-]*){13,19}$/;

  // Form → what was sent last: the same content is one submission.
  const sent = new WeakMap();
  const form = (which) => {
    const element = typeof which === "string" ? document.querySelector(which) : which;
    const { may, consent, time_zone } = ringfence.permission();
    if (!element || !may) return null;
    const fields = Object.create(null), inputs = [...element.elements], data = new FormData(element);
    const said = (query) => (inputs.find((field) => field.matches(query) && field.value) || {}).value;
    for (const field of inputs)
      if (field.matches(SECRET) || SECRET_NAME.test(field.name + " " + field.id)) data.delete(field.name);
    for (const [name, value] of data) {
      if (typeof value !== "string" || !value.trim() || LONG_NUMBER.test(value)) continue;
      fields[name] = fields[name] ? fields[name] + ", " + value : value;
    }
    const content = {
      fields, page: ringfence.clean(location.href), form_id: element.getAttribute(ATTRIBUTE) || element.getAttribute("id") || undefined,
      phone: said("[type=tel]"), email: said("[type=email]"), name: said("[autocomplete=name]"),
    };
    const text = JSON.stringify(content), last = sent.get(element);
    if (last && last.text === text) return last.key;
    const key = crypto.getRandomValues(new Uint32Array(4)).join("-"), visit = ringfence.visit();
    sent.set(element, { text, key });
    const body = JSON.stringify({ ...content, submission_key: key, visit_id: visit ? visit.id : undefined, consent, time_zone });
    // A beacon outlives the page; a form that is too large for a beacon is sent as a request.
    if (!navigator.sendBeacon(settings.track + "/form", body))
      fetch(settings.track + "/form", { method: "POST", body, credentials: "omit" }).catch(() => {});
    return key;
  };

  const begin = () => {
    if (ringfence.form) return;
    ringfence.form = form;
    addEventListener("submit", ({ target }) => { if (target.hasAttribute(ATTRIBUTE)) form(target); }, true);
  };
  if (window.ringfence) begin();
  else document.addEventListener("ringfence:ready", begin);
})(__SETTINGS__);
