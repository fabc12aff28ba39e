// Small helpers; every page works without them.
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const randomPassword = (length) => {
  const letters = [];
  while (letters.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2))) {
      // 248 is the largest multiple of 62 in a byte: no letter is likelier than another.
      if (byte < 248 && letters.length < length) letters.push(LETTERS[byte % 62]);
    }
  }
  return letters.join("");
};

document.addEventListener("click", (event) => {
  const maker = event.target.closest("[data-generate-for]");
  if (maker) {
    const field = document.getElementById(maker.dataset.generateFor);
    field.value = randomPassword(20);
    field.type = "text";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const copier = event.target.closest("[data-copy]");
  if (copier) navigator.clipboard?.writeText(copier.dataset.copy);
  const saver = event.target.closest("[data-save-table]");
  if (saver) {
    const quote = (text) => `"${text.replaceAll('"', '""')}"`;
    const rows = [...document.getElementById(saver.dataset.saveTable).rows];
    const text = rows.map((row) => [...row.cells].map((cell) => quote(cell.innerText.trim())).join(",")).join("\r\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = saver.dataset.fileName;
    link.click();
    URL.revokeObjectURL(link.href);
  }
  if (event.target.closest("[data-print]")) window.print();
});

// Only the fields of the chosen mode are shown, and only those are sent.
const showModeFields = () => {
  const chosen = document.querySelector('input[name="mode"]:checked');
  for (const part of document.querySelectorAll("[data-mode]")) {
    const shown = chosen && part.dataset.mode.split(" ").includes(chosen.value);
    part.hidden = !shown;
    for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = !shown;
  }
};
document.addEventListener("change", (event) => event.target.name === "mode" && showModeFields());
document.addEventListener("DOMContentLoaded", showModeFields);

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const search = document.querySelector('input[type="search"]');
    if (search) { event.preventDefault(); search.focus(); }
  }
});
