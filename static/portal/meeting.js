// Two people at one setting: what was merged, and what is chosen, goes into the form below.
const PASSWORD = "initial_device_password";
// What stood in a field when theirs was chosen: it comes back with yours. The server never sends a password.
const yours = new Map();

const fieldsOf = (name) => [...document.querySelectorAll(`#settings [name="${name}"]`)];

const put = (name, value) => {
  const fields = fieldsOf(name);
  for (const field of fields) {
    if (field.type === "checkbox") field.checked = value === "on";
    else if (field.type === "radio") field.checked = field.value === value;
    else field.value = value;
  }
  if (name === PASSWORD) for (const box of fieldsOf("clear_password")) box.checked = false;
  return fields.find((field) => field.type !== "radio" || field.checked);
};

const standing = (name) => {
  const field = fieldsOf(name).find((one) => one.type !== "radio" || one.checked);
  if (field?.type === "checkbox") return field.checked ? "on" : "";
  return field?.value ?? "";
};

// The fields of the other mode appear, what stands in them is checked, the preview of what stood there before goes.
const announce = (field, kinds) => {
  for (const kind of kinds) field?.dispatchEvent(new Event(kind, { bubbles: true }));
};

document.addEventListener("change", (event) => {
  const row = event.target.closest("[data-merge]");
  if (!row || event.target.type !== "radio") return;
  const name = row.dataset.merge;
  const theirs = event.target.value === "theirs";
  if (theirs) yours.set(name, standing(name));
  announce(put(name, theirs ? row.dataset.take : (yours.get(name) ?? standing(name))), ["change", "input"]);
});

// Whoever types on in a field after choosing theirs has made it their own.
document.addEventListener("input", (event) => {
  const row = event.isTrusted && document.querySelector(`[data-merge="${CSS.escape(event.target.name || "")}"]`);
  const own = row && row.querySelector('input[value="yours"]');
  if (own) own.checked = true;
});

document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id !== "meeting") return;
  const meeting = document.getElementById("meeting");
  for (const row of meeting.querySelectorAll('[data-outcome="theirs"]')) {
    const field = put(row.dataset.merge, row.dataset.take);
    if (field?.name === "mode") announce(field, ["change"]);
  }
  meeting.querySelector("[role=alert]")?.focus({ preventScroll: true });
});
