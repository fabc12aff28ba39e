// Nothing that was typed is lost when a sign-in ends: it is brought to safety before, and put back after, unsent.
const NEVER_KEPT = new Set(["password", "file"]);
let edited = null;

document.addEventListener("input", (event) => {
  const form = event.isTrusted && event.target.form;
  if (form && form.method === "post") edited = form;
});

const actionOf = (form) => new URL(form.getAttribute("action") || location.href, location.href).pathname;

const pairsOf = (form, wanted) =>
  [...new FormData(form)].filter(([name, value]) => {
    const field = form.elements.namedItem(name);
    return typeof value === "string" && wanted(NEVER_KEPT.has(field?.type)) && value !== "";
  });

// Left as a page of its own, so that the sign-in that follows is one too.
const bringToSafety = (form) => {
  const leaving = document.createElement("form");
  leaving.method = "post";
  leaving.action = document.documentElement.dataset.keepTyped;
  const values = {
    csrfmiddlewaretoken: form.elements.namedItem("csrfmiddlewaretoken")?.value ?? "",
    page: location.pathname + location.search,
    action: actionOf(form),
    fields: JSON.stringify(pairsOf(form, (secret) => !secret)),
    secrets: JSON.stringify(pairsOf(form, (secret) => secret).map(([name]) => [name, ""])),
  };
  for (const [name, value] of Object.entries(values)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    leaving.append(field);
  }
  document.body.append(leaving);
  leaving.submit();
};

let gone = false;
const leave = (sent) => {
  if (gone) return;
  gone = true;
  const form = sent?.method === "post" ? sent : edited?.isConnected ? edited : null;
  if (form) bringToSafety(form);
  else location.reload();
};
document.addEventListener("signed-out", () => leave(null));
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.getResponseHeader("X-Typed") !== "keep") return;
  event.detail.isError = false;
  leave(event.detail.elt.closest("form"));
});

const putBack = (form, typed) => {
  for (const field of form.elements) {
    const values = typed.get(field.name);
    if (!field.name || field.name === "csrfmiddlewaretoken" || NEVER_KEPT.has(field.type) || field.type === "submit") continue;
    if (field.type === "checkbox" || field.type === "radio") {
      const checked = Boolean(values?.includes(field.value));
      if (field.type === "radio" && !values) continue;
      if (field.checked === checked) continue;
      field.checked = checked;
    } else if (field.multiple) for (const option of field.options) option.selected = Boolean(values?.includes(option.value));
    else if (values?.length) field.value = values.shift();
    else continue;
    if (field.type === "hidden") continue;
    // Fields that go with it appear, and what stands in it is checked.
    for (const kind of ["change", "input"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }
};

// Not before htmx listens to what happens in the form.
document.addEventListener("DOMContentLoaded", () => {
  const kept = document.getElementById("kept");
  if (!kept) return;
  const typed = new Map();
  for (const one of kept.querySelectorAll("textarea[data-name]")) {
    typed.set(one.dataset.name, [...(typed.get(one.dataset.name) ?? []), one.value]);
  }
  const fits = (form) => [...typed.keys()].filter((name) => form.elements.namedItem(name)).length;
  const [form] = [...document.querySelectorAll("main form")]
    .filter((one) => one.method === "post" && actionOf(one) === kept.dataset.action)
    .sort((one, other) => fits(other) - fits(one));
  if (form && (fits(form) || !typed.size)) {
    putBack(form, typed);
    kept.querySelector("[data-filled]").hidden = !typed.size;
    kept.querySelector("[data-list]")?.remove();
    edited = form;
  } else kept.querySelector("[data-list]")?.setAttribute("open", "");
  kept.focus({ preventScroll: true });
  kept.scrollIntoView({ block: "start" });
});
