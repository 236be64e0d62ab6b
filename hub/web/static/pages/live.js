// A part of a page that follows what happens: the server says that something changed, and the part is fetched anew.
const part = document.querySelector("[data-live]");
const said = document.querySelector("[data-live-said]");
const EVERY_MS = 60_000; // waiting times grow, and connectors stop, without an event
let stream;
let timer;
let running = false;
let missed = false;
let paused = false;

async function refresh() {
  missed = running || mustStay();
  if (missed) return;
  running = true;
  try {
    const answer = await fetch(part.dataset.live, { headers: { "HX-Request": "true" } });
    const html = await answer.text();
    if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    else if (mustStay()) missed = true;
    else if (answer.ok) show(html);
  } finally {
    running = false;
  }
  if (missed) refresh();
}

// Nothing is taken away while it is paused, nor while somebody types, chooses, presses a button or reads a definition.
function mustStay() {
  const field = document.activeElement?.closest("input, select, textarea");
  return paused || part.contains(field ?? null) || part.querySelector("details[open], :popover-open, :active") !== null;
}

function show(html) {
  if (html === part.innerHTML) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.innerHTML = html;
  showPause();
  if (focused) (document.getElementById(focused) ?? part.querySelector("h2"))?.focus();
  const sentence = part.querySelector("[data-live-sentence]")?.textContent;
  if (said && sentence && said.textContent !== sentence) said.textContent = sentence;
}

function start() {
  stream = new EventSource("/live/events");
  stream.addEventListener("calls", refresh);
  stream.addEventListener("end", () => location.reload());
  timer = setInterval(refresh, EVERY_MS);
  // A proxy that does not pass streams on: ask every 10 seconds instead.
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    clearInterval(timer);
    timer = setInterval(refresh, 10_000);
  };
}

function stop() {
  stream.close();
  clearInterval(timer);
}

function showPause() {
  const button = part.querySelector("[data-live-pause]");
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Resume" : "Pause";
}

if (part) {
  start();
  showPause();
  part.addEventListener("click", (event) => {
    if (!event.target.closest("[data-live-pause]")) return;
    paused = !paused;
    showPause();
    if (paused) stop();
    else {
      start();
      setTimeout(refresh);
    }
  });
  for (const name of ["focusout", "keyup", "pointerup", "toggle"]) document.addEventListener(name, () => missed && setTimeout(refresh), true);
}
