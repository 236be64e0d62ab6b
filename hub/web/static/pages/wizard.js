// The page of a new tracker: its last step and its button say what is chosen above.

const form = document.querySelector(".wizard");
const show = (name, text) => form.querySelector(`[data-out="${name}"]`)?.replaceChildren(text);

function say() {
  const number = form.querySelector("[name=number]:checked");
  const place = form.querySelector("[name=where]:checked");
  show("title", form.elements.title.value || place?.dataset.title || "Not named yet");
  form.elements.title.placeholder = place?.dataset.title ?? "";
  if (!number) return;
  const cost = number.dataset.cost;
  const isOurs = number.value.startsWith("ours ");
  show("number", number.dataset.number + (cost ? `, ${cost} from today` : isOurs ? ", paid already" : ""));
  const button = form.querySelector("[data-buy]");
  if (button) button.textContent = `${isOurs ? "Use" : "Buy"} ${number.dataset.number}${cost ? ` for ${cost}` : ""} and start`;
}

form?.addEventListener("input", say);
if (form) say();
