// Behavior that every page shares. Pages work without it.

// Escape and a click outside close open menus.
const menus = () => document.querySelectorAll("details.menu[open], .tabbar details[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = [...menus()];
    for (const menu of open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    if (!open.length && event.target.matches(".search input, [data-walk=arrows] *")) {
      event.preventDefault(); // else the browser empties the field
      document.querySelector("[data-walk] .here")?.classList.remove("here");
      event.target.blur();
    }
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && !event.altKey && event.target.matches("body, .search input, [data-walk=arrows] *") && document.querySelector("[data-walk=arrows] a")) {
    event.preventDefault();
    moveTo(step);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
  if (event.key === "/") {
    const search = document.querySelector(".search input");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
  if (event.key === "j") moveTo(1);
  if (event.key === "k") moveTo(-1);
  if (event.key === "x") document.querySelector("tr.here input[type=checkbox]")?.click();
  if (event.key === "Enter" && event.target.matches("body, tr.here")) document.querySelector("tr.here .main-link")?.click();
});

// J and K, and on found things the arrows, move the focus over the rows of the page's list, so that a screen reader reads each.
const ROWS = "[data-walk] tbody tr:not(.group), [data-walk] .best, [data-walk] .results > li";
function moveTo(step) {
  const rows = [...document.querySelectorAll(ROWS)];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("here"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  rows[at]?.classList.remove("here");
  next.classList.add("here");
  const link = next.matches("tr") ? next : next.querySelector("a");
  if (link === next) next.tabIndex = -1;
  link.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// A search over the links beside it, such as the companies: only those with the words stay, Enter opens the first.
for (const box of document.querySelectorAll("[data-find-in]")) {
  const field = box.querySelector("input");
  const links = [...box.parentElement.querySelectorAll("a")];
  const found = () => links.filter((link) => link.textContent.toLowerCase().includes(field.value.trim().toLowerCase()));
  box.hidden = false;
  field.addEventListener("input", () => {
    for (const link of links) link.hidden = !found().includes(link);
  });
  field.addEventListener("keydown", (event) => event.key === "Enter" && found()[0]?.click());
  box.closest("details")?.addEventListener("toggle", (event) => event.target.open && box.closest(".company") && field.focus());
}

// Selects and boxes with data-submit send their form at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// So do copy buttons, also those that come later. They copy the field or the text whose id they name; without them it is selected.
const revealCopy = () => document.querySelectorAll("[data-copy]").forEach((button) => (button.hidden = !navigator.clipboard));
revealCopy();
document.addEventListener("htmx:afterSettle", revealCopy);
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  button.nextElementSibling.textContent = "Copied";
});

// Print buttons appear only where they can work.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// The service worker keeps static files and shows notifications; it never keeps a page.
navigator.serviceWorker?.register("/service-worker.js").catch(() => {});

// Who signs out gets no more notifications in this browser: it may be somebody else's.
const leave = document.querySelector('form[action="/sign-out"]');
leave?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await Promise.race([forgetBrowser().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 2000))]);
  leave.submit();
});

async function forgetBrowser() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}
