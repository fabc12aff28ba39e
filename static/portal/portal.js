// Small helpers; every page works without them.
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SLOW_POLL_MILLISECONDS = 20_000;

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

const saveTable = (table, name) => {
  const quote = (text) => `"${text.replaceAll('"', '""')}"`;
  const text = [...table.rows]
    .map((row) => [...row.cells].map((cell) => quote(cell.innerText.trim())).join(","))
    .join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  const maker = at("[data-generate-for]");
  if (maker) {
    const field = document.getElementById(maker.dataset.generateFor);
    field.value = randomPassword(20);
    field.type = "text";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const copier = at("[data-copy]");
  if (copier) {
    navigator.clipboard?.writeText(copier.dataset.copy).then(() => copier.querySelector("[data-copied]")?.removeAttribute("hidden"));
  }
  const saver = at("[data-save-table]");
  if (saver) saveTable(document.getElementById(saver.dataset.saveTable), saver.dataset.fileName);
  if (at("[data-print]")) window.print();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// A code stands in the address behind the #, which no server is sent.
for (const field of document.querySelectorAll("[data-from-fragment]")) {
  if (!field.value && location.hash.length > 1) field.value = decodeURIComponent(location.hash.slice(1));
}

// A form with data-confirm asks first.
document.addEventListener("submit", (event) => {
  const { form, question } = { form: event.target, question: event.target.dataset?.confirm };
  const dialog = document.getElementById("confirm");
  if (!question || !dialog || form.dataset.confirmed) return;
  event.preventDefault();
  document.getElementById("confirm-text").textContent = question;
  const [why, reason] = [document.getElementById("confirm-why"), document.getElementById("confirm-reason")];
  why.hidden = !("reason" in form.dataset);
  reason.value = "";
  reason.onkeydown = (key) => {
    if (key.key !== "Enter" || key.isComposing) return;
    key.preventDefault();
    dialog.close("yes");
  };
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    form.dataset.confirmed = "yes";
    if (reason.value) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "reason", value: reason.value });
      form.append(field);
    }
    form.requestSubmit();
  }, { once: true });
  dialog.showModal();
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
const showTab = () => document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
document.addEventListener("DOMContentLoaded", () => {
  showModeFields();
  showTab();
});
window.addEventListener("resize", showTab);

// A preview of something else than what stands in the form misleads: it goes with the first change.
document.addEventListener("input", (event) => {
  const outdated = event.target.closest("[data-outdates]")?.dataset.outdates;
  if (outdated) document.getElementById(outdated)?.replaceChildren();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
});

// What somebody unfolded or folded stays so when a live part is drawn anew. (htmx keeps the focus by id.)
const folds = new Map();
document.addEventListener("htmx:beforeSwap", () => {
  for (const part of document.querySelectorAll("main details[id]")) folds.set(part.id, part.open);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const part of document.querySelectorAll("main details[id]")) {
    if (folds.has(part.id)) part.open = folds.get(part.id);
  }
});

// Requests that fail are told, with the request's id.
const showTrouble = (kind, requestId) => {
  const trouble = document.getElementById("trouble");
  trouble.hidden = !kind;
  trouble.querySelector("[data-away]").hidden = kind !== "away";
  trouble.querySelector("[data-failed]").hidden = kind !== "failed";
  trouble.querySelector("[data-request-id]").textContent = requestId || "";
};
document.addEventListener("htmx:sendError", () => showTrouble("away"));
document.addEventListener("htmx:timeout", () => showTrouble("away"));
document.addEventListener("htmx:responseError", (event) =>
  showTrouble("failed", event.detail.xhr.getResponseHeader("X-Request-ID")));
document.addEventListener("htmx:beforeSwap", (event) => {
  const { status } = event.detail.xhr;
  if (status < 400 || status === 412 || status === 422) showTrouble("");
});

// A page that asks by itself is no sign of a person: it must not keep the session open.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.hasAttribute("data-poll")) event.detail.headers["X-Poll"] = "1";
});

// A page nobody looks at asks less often.
let polledAt = 0;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.detail.elt.hasAttribute("data-poll")) return;
  if (document.hidden && Date.now() - polledAt < SLOW_POLL_MILLISECONDS) event.preventDefault();
  else polledAt = Date.now();
});
