/* Ringfence: shows each visitor of a website the phone number of their own visit. `settings` are the company's. */
((settings) => {
  if (window.ringfence) return;

  const PATIENCE = 2e3, SESSION = 18e5, LINK_LIFE = 12e4, NAME = "ringfence", LINK = "_ringfence", OUT = "opt_out";
  // `reply` is the hub's last reply; `visit` the recorded visit; `lease` the end of the lease of its number.
  let reply, visit, visitor, lease = 0;

  const attempt = (act) => { try { return act(); } catch {} };
  const within = (host, list) => list.some((each) => host === each || host.endsWith("." + each));
  const hostOf = (url) => attempt(() => new URL(url, location).hostname) || "";
  const isOurs = (url, host = hostOf(url)) => within(host, [location.hostname, ...settings.domains, ...settings.linked]);
  const fresh = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  const on = (names, act) => names.split(" ").forEach((name) => addEventListener(name, act, true));
  const number = () => reply?.number || null;
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent("ringfence:" + name, { detail }));

  // --- Addresses without personal data; hub/contracts/clean_urls.py explains the rules, and does the same

  const DIGIT = "\\d\\u0660-\\u0669\\u06f0-\\u06f9\\uff10-\\uff19", PLUS = "[+\\uff0b]";
  const GAP = "[\\s().\\-/\\u00b7\\u2010-\\u2015\\u2212\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069]{0,4}";
  const CLICK_ID = ["[gw]braid|[gd]clid|msclkid|fbclid|t[tw]clid|li_fat_id", ...settings.clicks].join("|"), WITH_IDS = "gad_(source|campaignid)|utm_(campaign|content|id)";
  const REDACTED = "redacted", MARKETING = new RegExp(`^(${CLICK_ID}|${WITH_IDS}|utm_(source|medium|term))$`);
  const run = (least) => `[${DIGIT}](?:${GAP}[${DIGIT}]){${least},14}`;
  const TELEPHONE = new RegExp(`(^|[^A-Za-z0-9])(${PLUS}${GAP}${run(6)}|\\(?${run(8)})(?![A-Za-z0-9])`, "g");
  const flatten = (text) => text.normalize("NFKC");
  const redact = (text, flat = flatten(text)) => {
    const safe = flat.replace(/[^ \t-\r/]+/g, (part) => part.includes("@") ? REDACTED : part).replace(TELEPHONE, "$1" + REDACTED);
    return safe === flat ? text : safe;
  };
  const ENCODED = /(?:%[\da-f]{2})+/gi;
  const decode = (text) => {
    for (let times = 5; times--;) text = text.replace(ENCODED, (part) => attempt(() => decodeURIComponent(part)) || "@");
    return text.search(ENCODED) < 0 ? text : text + "@";
  };
  const personal = (name, text) => text.includes("@") || !name.match(`^(${CLICK_ID})$`) && [...text.matchAll(TELEPHONE)].some(
    ([, before, digits]) => /\D/.test(digits) || before !== "-" && !name.match(`^(${WITH_IDS})$`));
  const clean = (address) => {
    const url = attempt(() => new URL(address));
    if (!url || !/^(https?|android-app):/.test(address)) return;
    const path = url.pathname.split("/").map((part) => {
      part = part.split(";")[0];
      const text = decode(part), safe = redact(text).replace(/=.*/s, "=" + REDACTED);
      return safe === text ? part : encodeURIComponent(safe);
    });
    const query = url.search.slice(1).split("&").flatMap((part) => {
      let [, name, value] = part.match(/^([^=]*)=(.*)/) || [, ""];
      name = name.toLowerCase().replace(/^amp;/, "");
      return (MARKETING.test(name) || settings.keep.includes(name)) && !personal(name, flatten(decode(value.replace(/(?!^)\+/g, " ")))) ?
        name + "=" + value : [];
    });
    return url.protocol + "//" + url.host + path.join("/") + (query[0] ? "?" + query.join("&") : "");
  };

  // --- Finding and writing numbers

  const SKIP = "head,script,style,noscript,template,textarea,select,input,object,[data-ringfence-noswap]," +
    "[contenteditable]:not([contenteditable=false]),a[href*='wa.me/' i],a[href*=whatsapp i]";
  const KEYS = ",,abc,def,ghi,jkl,mno,pqrs,tuv,wxyz".split(",");
  // Digits as Latin, Arabic, Persian and full-width pages write them.
  const ZEROS = [48, 0x660, 0x6f0, 0xff10];
  // Letters that cannot be next to a number; scripts without spaces have none. (Unicode classes are ten times slower.)
  const LETTER = "a-zA-Z\\u00c0-\\u024f\\u0370-\\u052f";
  const SIGN = new RegExp(`[${DIGIT}a-zA-Z]`, "g"), DIGITS = new RegExp(`[${DIGIT}]{2}`), ABROAD = new RegExp(`^\\(?(?:${PLUS}|00|011)`);
  // After the first three digits, a vanity number may have letters.
  const signs = (digits, plain) => Array.from(digits, (digit, at) => "[" + String.fromCharCode(...ZEROS.map((zero) => zero + +digit)) +
    (at < plain ? "" : KEYS[digit] + KEYS[digit].toUpperCase()) + "]").join(GAP);
  const targets = settings.swap.map(([code, trunk, national]) => {
    const home = trunk && `(?:${signs(trunk, 9)}${GAP})?`, abroad = `(?:${PLUS}|00|011)${GAP}${signs(code, 9)}${GAP}${home}`;
    return { code, size: national.length, plus: "+" + code + national, pattern: new RegExp(
      `(^|[^${LETTER}${DIGIT}_@=+\\uff0b])(\\(?(?:${abroad}|${home})${signs(national, 3)})(?![${LETTER}${DIGIT}_@]|[-.][${DIGIT}])`, "g") };
  });
  // Text before the digits that makes them part of a web address, a longer number, or another country's number.
  const FOREIGN = new RegExp(`(?://|www\\.|wa\\.me)\\S*$|[${DIGIT}][-.]$|${PLUS}[${DIGIT}]{1,3}[\\s().-]*$`, "i");

  // The hub's number as the page would write it: with the page's separators and kind of digits if both have the same shape.
  const written = (found, { code, size, plus }) => {
    const ours = reply.number, near = ours.startsWith("+" + code);
    if (!near || ours.length !== plus.length)
      return found.replace(/^\((?!.*\))|.+/g, (part) =>
        part === "(" ? part : near && !ABROAD.test(found) ? reply.national : reply.international);
    let left = found.match(SIGN).length;
    return found.replace(SIGN, (was) => {
      if (left-- > size) return was;
      const zero = ZEROS.find((each) => was.charCodeAt() - each >= 0 && was.charCodeAt() - each < 10) || 48;
      return String.fromCharCode(zero + +ours[ours.length - left - 1]);
    });
  };
  const translate = (text) => DIGITS.test(text) ? targets.reduce((now, target) =>
    now.replace(target.pattern, (all, before, found, at, whole) =>
      FOREIGN.test(whole.slice(0, at) + before) ? all : before + written(found, target)), text) : text;
  const dial = (href) => href.replace(/^tel:\/*([^;?]*)/i, (all, said) => {
    const plain = attempt(() => decodeURIComponent(said)) || said;
    return targets.some(({ pattern }) => plain.search(pattern) >= 0) ? "tel:" + reply.number : all;
  });

  // Node → slot → what the page wrote there and what we did. If another script keeps undoing it, we stop.
  const kept = new WeakMap();
  let changes;
  const put = (node, slot, now, change, write) => {
    const slots = kept.get(node) || {}, { page, text, times = 0 } = slots[slot] || {};
    const theirs = text === now ? page : now, next = number() ? change(theirs) : theirs;
    if (next === now || times > 20) return;
    slots[slot] = { page: theirs, text: next, times: times + 1 };
    kept.set(node, slots);
    write(next);
    changes++;
  };
  const walk = (node) => {
    if (node.nodeType === 3) put(node, "", node.data, translate, (text) => node.data = text);
    if (node.nodeType === 1) {
      // Frames of the page's own origin are part of the page.
      if (node.localName === "iframe") return attempt(() => enter(node.contentDocument));
      if (node.matches(SKIP)) return;
      if (/^tel:/i.test(node.getAttribute("href"))) for (const name of ["href", "title", "aria-label"]) {
        const now = node.getAttribute(name);
        if (now) put(node, name, now, name === "href" ? dial : translate, (text) => node.setAttribute(name, text));
      }
      if (node.shadowRoot) enter(node.shadowRoot);
    }
    node.childNodes.forEach(walk);
  };
  const skipped = (node) => {
    const element = node.nodeType === 1 ? node : node.parentElement || node.getRootNode().host;
    return element && (element.closest(SKIP) || skipped(element.getRootNode()));
  };
  const swapAll = (nodes) => {
    changes = 0;
    for (const node of nodes) if (node.isConnected && !skipped(node)) walk(node);
    const count = changes;
    if (count) tell("swapped", { number: number(), count });
    return count;
  };
  const swap = (node = document) => swapAll(node.nodeType ? [node] : document.querySelectorAll(node));
  const observer = new MutationObserver((records) =>
    swapAll(records.flatMap(({ type, target, addedNodes }) => type === "childList" ? [...addedNodes] : target)));
  const watch = (root) =>
    observer.observe(root, { subtree: true, childList: true, characterData: true, attributeFilter: ["href"] });
  const enter = (root) => { watch(root); walk(root); };
  let watching;
  const show = (next) => {
    reply = next;
    if (number() && !watching) {
      watching = true;
      watch(document);
      const attach = Element.prototype.attachShadow;
      Element.prototype.attachShadow = function (options) {
        const root = attach.call(this, options);
        if (options.mode === "open") watch(root);
        return root;
      };
    }
    if (watching) swap();
  };

  // --- Permission: the strictest of all signals counts

  const NAMES = { analytics: "analytics_storage", ads: "ad_storage", ad_user_data: "ad_user_data" };
  const words = { page: {}, google: {}, tcf: {} };
  // What Google's consent mode denies before the visitor has chosen; what it grants by default is not the visitor's choice.
  const standing = {};
  // Whether a yes is needed: by the settings, by this time zone, or by the hub, which knows more.
  const zone = attempt(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  let asks = settings.ask.at ? new RegExp(settings.ask).test(zone) : settings.ask;
  const pending = new Set(), honoured = new Set(), heard = new Set();
  const word = (allowed) => allowed ? "granted" : "denied";
  // TCF's purposes: 1 storage, 4 personal ads, 7 measuring ads, 8 measuring content.
  const purposes = (given) => {
    const all = (...ids) => word(ids.every(given));
    return { analytics: all(1, 7, 8), ads: all(1, 7), ad_user_data: all(1, 4, 7) };
  };
  const permission = () => {
    if (navigator.globalPrivacyControl === true) honoured.add("gpc");
    if (navigator.doNotTrack === "1") honoured.add("dnt");
    if (cookie() === OUT) honoured.add(OUT);
    const { country, all } = words.page, consent = {}, withheld = {};
    for (const name in NAMES) {
      const said = Object.values(words).flatMap((each) => [each[name], each.all]);
      consent[name] = honoured.size || said.includes("denied") ? "denied" : said.find((each) => each === "granted");
      if (!consent[name]) withheld[name] = standing[name];
    }
    const mustAsk = asks || words.tcf.ads || (country && ![settings.country, "US"].includes(country));
    const may = !pending.size && !withheld.analytics && (consent.analytics || word(!mustAsk)) === "granted";
    const refused = consent.analytics === "denied";
    if (!may) consent.analytics = "denied";
    if (!honoured.size) consent.all = all;
    Object.assign(consent, proof, { default: withheld });
    return { may, refused, country, consent, time_zone: zone };
  };
  const google = (entry) => {
    const said = entry?.[0] === "consent" && entry[2];
    if (!said || (said.region && !said.region.includes(words.page.country))) return;
    for (const name in NAMES) {
      const answer = said[NAMES[name]];
      if (answer && entry[1] === "update") words.google[name] = word(answer === "granted");
      else if (answer) standing[name] = answer === "granted" ? undefined : "denied";
    }
  };
  // The SHA-256 of the consent tools' strings, as evidence; none if the page is not a secure context.
  const proof = {};
  const hear = {
    __tcfapi: (data, ok) => {
      const free = data?.gdprApplies === false;
      if (!ok || !(free || /^(?:tcloaded|useractioncomplete)$/.test(data.eventStatus))) return;
      words.tcf = free ? {} : purposes((id) => data.purpose.consents[id]);
      return data.tcString || "";
    },
    __gpp: (event, ok) => {
      const { signalStatus, parsedSections, gppString } = event?.pingData || {};
      if (!ok || signalStatus !== "ready") return;
      honoured.delete("gpp");
      words.gpp = {};
      for (const part of Object.values(parsedSections || {}).flat(2)) {
        const list = part.PurposeConsents || part.PurposesExpressConsent;
        if (list) words.gpp = purposes((id) => list[id - 1]);
        if (part.Gpc === true || part.OptOutSale === "Y" ||
          [part.SaleOptOut, part.SharingOptOut, part.TargetedAdvertisingOptOut].includes(1)) honoured.add("gpp");
      }
      return gppString || "";
    },
  };
  // Consent tools may load after this script, so it looks for them more than once.
  const listen = () => {
    const layer = window.dataLayer = window.dataLayer || [], push = layer.push;
    if (!heard.has(layer)) {
      heard.add(layer);
      layer.forEach(google);
      layer.push = (...entries) => {
        entries.forEach(google);
        decide();
        return push.apply(layer, entries);
      };
    }
    for (const name in hear) {
      if (!window[name] || heard.has(name)) continue;
      heard.add(name);
      pending.add(name);
      const told = async (said, ok) => {
        const text = attempt(() => hear[name](said, ok)), kind = name.slice(2, 5);
        if (text === undefined) return;
        proof[kind] = undefined;
        try {
          if (text) proof[kind] = "sha256:" + Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256",
            new TextEncoder().encode(text))), (byte) => (256 + byte).toString(16).slice(1)).join("");
        } catch {}
        pending.delete(name);
        begin();
        decide();
      };
      attempt(() => window[name]("addEventListener", ...(name === "__gpp" ? [told] : [2, told])));
    }
    decide();
  };

  // --- Storage, only with permission; the number only until its lease ends, and only in this tab

  const domain = settings.domains.find((each) => within(location.hostname, [each]));
  const setCookie = (value, days) => attempt(() => document.cookie = `${NAME}=${value};path=/;max-age=${days * 86400};samesite=lax` +
    (domain ? ";domain=" + domain : "") + (location.protocol === "https:" ? ";secure" : ""));
  // Cookie and link hold visitor, visit and the time of writing; an old one still identifies the visitor.
  const stamp = () => [visitor, visit, Date.now().toString(36)].join(".");
  const unstamp = (text, life) => {
    const [, who, which, when] = /^([\w-]{1,64})\.([\w-]{1,64})\.(\w{1,9})$/.exec(text) || [];
    const young = Math.abs(Date.now() - parseInt(when, 36)) < life;
    return { visitor: who, visit: young ? which : null, young };
  };
  const cookie = () => attempt(() => new RegExp(`(?:^|; )${NAME}=([^;]*)`).exec(document.cookie)[1]);
  let landing, carried;
  const remember = () => {
    if (settings.days) setCookie(stamp(), settings.days);
    attempt(() => sessionStorage[NAME] = JSON.stringify({ visitor, visit, landing, lease, shared, reply: lease || !reply?.lease_until ? reply : null }));
  };
  const forget = () => {
    // An opt-out is stored as long as browsers allow, and says nothing about the visitor.
    if (honoured.has(OUT)) setCookie(OUT, 400);
    else if (cookie()) setCookie("", 0);
    attempt(() => sessionStorage.removeItem(NAME));
    visit = visitor = null;
  };
  // The visit of the page before, of another tab, or of the site that the visitor comes from; an ad's click begins a new one.
  const recover = () => {
    const last = attempt(() => JSON.parse(sessionStorage[NAME])) || {}, known = unstamp(cookie(), SESSION);
    const here = clean(location.href) || "";
    const anew = here.includes("?") && last.landing !== here && !isOurs(document.referrer || "about:blank");
    ({ visitor, visit } = carried || { visitor: last.visitor || known.visitor || fresh(), visit: anew ? null : last.visit || known.visit });
    landing = visit && last.landing || here;
    shared = visit && last.shared || "";
    if (visit && visit === last.visit && last.reply && !(last.lease < Date.now() && last.reply.lease_until)) {
      hold(last.lease);
      show(last.reply);
    }
    human = human || visit;
  };
  // A link from another site of the company carries the visit for two minutes; the address is cleaned at once.
  const arrive = () => {
    const found = new RegExp(`[?&]${LINK}=([^&#]*)`).exec(location.href);
    if (!found) return;
    const link = unstamp(found[1], LINK_LIFE);
    if (link.young) carried = link;
    history.replaceState(history.state, "", location.href.replace(found[0], found[0][0].replace("&", ""))
      .replace("?&", "?").replace(/\?(?=#|$)/, ""));
  };
  // So does the link to the privacy page, on which this browser can opt out.
  const carries = (url, host = hostOf(url)) => visit && (url.startsWith(settings.track.replace("/track/", "/privacy/")) ||
    !within(host, [domain || location.hostname]) && within(host, settings.linked));
  const follow = (event) => {
    const anchor = event.composedPath().find((each) => each.localName === "a" && each.href);
    if (!anchor) return;
    if (anchor.target !== "_blank") leave(anchor.href);
    if (!carries(anchor.href)) return;
    const plain = anchor.getAttribute("href"), url = new URL(anchor.href);
    url.searchParams.set(LINK, stamp());
    anchor.href = url;
    setTimeout(() => anchor.setAttribute("href", plain));
  };
  const submit = ({ target }) => {
    if (target.method !== "get" || !carries(target.action)) return;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: LINK, value: stamp() });
    target.append(field);
    setTimeout(() => field.remove());
  };

  // --- The visit

  let readable = [], shared = "", begun, human, decided, asking, next, beat, lapse, place, referrer = document.referrer;
  const visible = () => !document.hidden;
  // With `until`, only the lease that this page knew: the end of this page may arrive after the next page's visit.
  const end = (which, until = "") => attempt(() => navigator.sendBeacon(`${settings.track}/visit/${which}/end?until=${until}`));
  const hold = (until) => {
    lease = until;
    clearTimeout(lapse);
    if (lease) lapse = setTimeout(check, lease - Date.now());
  };
  // After the lease, the number may go to another visitor: show the page's own number until the hub answers.
  const check = () => {
    const over = lease && lease <= Date.now();
    if (over) {
      hold(0);
      show();
      remember();
    }
    if (visit && visible() && (over || Date.now() > beat)) ask({});
  };
  // Report a page view to the hub, or that the visitor is still there if `page` is empty; one request at a time.
  const ask = async (page) => {
    if (asking) return next = { ...next, ...page };
    asking = true;
    const { may, country, consent, time_zone } = permission(), key = decided, stop = new AbortController();
    const patience = setTimeout(() => stop.abort(), PATIENCE);
    let said;
    try {
      // A text body needs no preflight request, so there is one request before the swap.
      const body = JSON.stringify({ ...page, consent, country, time_zone, human: !!human, ...(may ? { visitor_id: visitor, visit_id: visit } : {}) });
      const answer = await fetch(settings.track + "/visit", { method: "POST", body, credentials: "omit", signal: stop.signal });
      if (answer.ok) said = await answer.json();
    } catch {}
    clearTimeout(patience);
    asking = false;
    if (said && key !== decided) {
      // The visitor has changed their choice in the meantime.
      if (said.visit_id) end(said.visit_id);
    } else if (said) {
      said.honoured.forEach((each) => honoured.add(each));
      asks ||= said.ask_first;
      visit = may ? said.visit_id : null;
      hold(visit && said.lease_seconds ? Date.now() + said.lease_seconds * 1e3 : 0);
      show(said);
      readable = visit ? said.cookies : [];
      share();
      if (visit) remember();
    }
    if (lease) {
      const pause = Math.min(3e5, said ? said.lease_seconds * 333 : 3e4);
      beat = Date.now() + pause;
      setTimeout(check, pause + 1);
    }
    decide();
    if (next && !asking) {
      page = next;
      next = undefined;
      ask(page);
    }
  };
  // Cookies of ad networks: the hub names them if the visitor allows it. Other scripts may set them later than this one.
  const share = () => {
    const cookies = {};
    for (const each of readable[0] ? attempt(() => document.cookie.split("; ")) || [] : []) {
      const [, name, value] = /^([^=]+)=([!-~]{1,512})$/.exec(each) || [];
      if (name && readable.some((key) => key === name || key.endsWith("*") && name.startsWith(key.slice(0, -1))))
        cookies[name] = value;
    }
    const names = Object.keys(cookies).join();
    if (names === shared) return;
    shared = names;
    if (names) ask({ cookies });
  };
  const view = () => ask({ landing_page: clean(location.href), referrer: clean(referrer), title: redact(document.title).slice(0, 300) });
  const decide = () => {
    if (!begun) return;
    const now = permission(), key = JSON.stringify(now);
    if (key === decided) return;
    if (now.may) {
      if (!visitor) recover();
      // Pools lend numbers to people: visitors who move, or stay for two seconds.
      if (settings.pool && !human) return;
    } else {
      if (visit) end(visit);
      hold(0);
      // A visitor who has not chosen yet on this page may have said yes on the previous one.
      if (visit || now.refused) forget();
      visitor = null;
    }
    decided = key;
    readable = [];
    view();
    tell("decided");
  };

  // --- Arriving, changing pages, leaving

  const alive = (event) => {
    if (human || (event && !event.isTrusted) || !visible()) return;
    human = true;
    decide();
  };
  const begin = () => {
    if (begun || document.prerendering || !visible()) return;
    const start = () => { begun = true; decide(); };
    place = address();
    setTimeout(alive, PATIENCE);
    if (pending.size) setTimeout(start, 1e3);
    else start();
  };
  const address = () => location.href.split("#")[0];
  const moved = () => setTimeout(() => {
    if (!decided || place === address()) return;
    referrer = place;
    place = address();
    view();
  });

  // A visit that continues in another tab of this browser does not end with this tab.
  const peers = new Set(), me = fresh();
  let channel, left, ended;
  const meet = () => attempt(() => {
    channel = new BroadcastChannel(NAME);
    channel.onmessage = ({ data: [who, what] }) => {
      if (what === "bye") peers.delete(who);
      else peers.add(who);
      if (what === "hello") channel.postMessage([me]);
    };
    channel.postMessage([me, "hello"]);
  });
  const leave = (url) => { if (isOurs(url)) left = Date.now(); };
  const gone = () => {
    attempt(() => { channel.postMessage([me, "bye"]); channel.close(); });
    ended = lease && !peers.size && !(Date.now() - left < 1e4);
    if (!ended) return;
    end(visit, reply.lease_until);
    hold(0);
    remember();
  };
  const back = (event) => {
    if (!event.persisted) return;
    peers.clear();
    meet();
    left = 0;
    if (ended) ask({});
  };

  window.ringfence = {
    swap, permission, clean, redact,
    numbers: () => Object.fromEntries(targets.map(({ plus }) => [plus, number()])),
    visit: () => visit ? { id: visit, visitor, tracker: reply?.tracker, leaseUntil: lease ? new Date(lease) : null } : null,
    honoured: () => (permission(), [...honoured]),
    consent: (said) => { Object.assign(words.page, said); decide(); },
  };
  // A frame belongs to its page; in a frame of another origin, the company's own number stays.
  if (window !== top) return;
  arrive();
  listen();
  begin();
  on("DOMContentLoaded load", listen);
  on("load", () => setTimeout(share, 3e3));
  on("visibilitychange prerenderingchange", () => { begin(); check(); });
  on("pointerdown pointermove keydown scroll touchstart", alive);
  on("popstate", moved);
  on("click auxclick", follow);
  on("submit", submit);
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = (...given) => { original.apply(history, given); moved(); };
  }
  window.navigation?.addEventListener("navigate", ({ destination }) => destination.sameDocument || leave(destination.url));
  document.addEventListener("load", ({ target }) => { if (watching && target.localName === "iframe") swap(target); }, true);
  meet();
  on("pagehide", gone);
  on("pageshow", back);
  tell("ready");
})(__SETTINGS__);
