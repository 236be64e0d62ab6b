// Live calls: the server says that something changed, and the part of the page is fetched anew.
const list = document.querySelector("[data-live]");
const pause = document.querySelector("[data-live-pause]");
let stream;
let timer;

async function refresh() {
  const answer = await fetch(list.dataset.live, { headers: { "HX-Request": "true" } });
  if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (answer.ok) list.innerHTML = await answer.text();
}

function start() {
  stream = new EventSource("/live/events");
  stream.addEventListener("calls", refresh);
  stream.addEventListener("end", () => location.reload());
  // A proxy that does not pass streams on: ask every 10 seconds instead.
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) timer ??= setInterval(refresh, 10_000);
  };
}

function stop() {
  stream.close();
  clearInterval(timer);
  timer = undefined;
}

if (list) start();
if (pause) {
  pause.hidden = false;
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Resume" : "Pause";
    if (paused) stop();
    else start();
  });
}
