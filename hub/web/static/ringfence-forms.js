/* Ringfence: sends visitors' forms to the hub, without their secret fields, and keeps each until the hub has it. Used together
   with ringfence.js. */
((settings) => {
  const ATTRIBUTE = "data-ringfence-form";
  const SECRET = "[type=password],[type=hidden],[autocomplete*='cc-' i],[autocomplete*=password i],[autocomplete*=one-time i]," +
    "[data-ringfence-skip]";
  const SECRET_NAME = /pass.?(?:w|code|phrase)|card.?(?:n|c|h|v|e)|credit|cvv|cvc|csc|iban|ssn|social.?sec|tax.?id|\bpin\b/i;
  const LONG_NUMBER = /^(?:\d[\s-]*){13,19}$/;

  // --- Kept forms: in this browser until the hub confirms them, a week at most, and no longer than the visitor allows it

  const KEPT = "ringfence-form:", WEEK = 6048e5, MAX_KEPT = 10, MAX_CHARACTERS = 25e4, FIRST_PAUSE = 5e3, LONGEST_PAUSE = 6e5;
  const attempt = (act) => { try { return act(); } catch {} };
  const drop = (key) => attempt(() => localStorage.removeItem(KEPT + key));
  // Newest first; what is too old or unreadable goes.
  const kept = () => (attempt(() => Object.keys(localStorage)) || []).flatMap((name) => {
    if (!name.startsWith(KEPT)) return [];
    const key = name.slice(KEPT.length), entry = attempt(() => JSON.parse(localStorage[name]));
    if (Math.abs(Date.now() - entry?.at) < WEEK) return entry.track === settings.track ? [{ ...entry, key }] : [];
    drop(key);
    return [];
  }).sort((one, other) => other.at - one.at);
  const keep = ({ key, ...entry }) => {
    attempt(() => localStorage[KEPT + key] = JSON.stringify(entry));
    let characters = 0;
    kept().forEach((each, place) => {
      characters += JSON.stringify(each).length;
      if (place >= MAX_KEPT || characters > MAX_CHARACTERS) drop(each.key);
    });
  };

  const sending = new Set();
  let pause = FIRST_PAUSE, timer;
  const flush = () => kept().reverse().forEach(deliver);
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(flush, pause * (.5 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  };
  // A form that waited is sent with what the visitor allows now.
  const deliver = async ({ key, at, content }) => {
    const { may, refused, consent, time_zone } = ringfence.permission();
    if (refused) drop(key);
    if (!may || sending.has(key)) return;
    sending.add(key);
    const seconds_ago = Math.max(0, Math.round((Date.now() - at) / 1e3));
    const body = JSON.stringify({ ...content, submission_key: key, consent, time_zone, seconds_ago });
    let status;
    // A request with keepalive outlives the page; browsers limit its size.
    try { ({ status } = await fetch(settings.track + "/form", { method: "POST", body, credentials: "omit", keepalive: body.length < 2e4 })); } catch {}
    sending.delete(key);
    if (status === 204 || status >= 400 && status < 500 && ![408, 425, 429].includes(status)) {
      drop(key);
      pause = FIRST_PAUSE;
    } else later();
  };

  // Form → what was sent last: the same content is one submission.
  const sent = new WeakMap();
  const form = (which) => {
    const element = typeof which === "string" ? document.querySelector(which) : which;
    if (!element || !ringfence.permission().may) return null;
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
    const entry = { key, at: Date.now(), track: settings.track, content: { ...content, visit_id: visit ? visit.id : undefined } };
    keep(entry);
    deliver(entry);
    return key;
  };

  const begin = () => {
    if (ringfence.form) return;
    ringfence.form = form;
    addEventListener("submit", ({ target }) => { if (target.hasAttribute(ATTRIBUTE)) form(target); }, true);
    addEventListener("online", flush);
    document.addEventListener("ringfence:decided", flush);
    flush();
  };
  if (window.ringfence) begin();
  else document.addEventListener("ringfence:ready", begin);
})(__SETTINGS__);
