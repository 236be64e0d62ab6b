// Buttons that copy the text of a field: <button data-copy="id" hidden>. Without JavaScript they stay hidden.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const said = document.querySelector(`[data-copied="${button.dataset.copy}"]`);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    said.textContent = "Copied.";
  });
}
