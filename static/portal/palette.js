// The palette: Ctrl-K from everywhere, the slash where a page has no search of its own; arrows choose, Enter opens.
(() => {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const field = document.getElementById("palette-q");
  const form = field.form;
  const results = document.getElementById("palette-results");
  const links = () => [...results.querySelectorAll("a")];
  // What the shown results answer; Enter before they are there opens the first when they come.
  let answered = null;
  let openFirst = false;

  const open = () => {
    if (palette.open) return;
    palette.showModal();
    field.select();
    if (answered === null) htmx.trigger(form, "submit");
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-open-dialog=palette]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      open();
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      const search = document.querySelector('main input[type="search"]');
      if (search) search.focus();
      else open();
    }
  });

  palette.addEventListener("keydown", (event) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: at < 0 ? null : 0, End: at < 0 ? null : all.length - 1 };
    const next = steps[event.key];
    if (event.key === "Escape") {
      // A search field would only be emptied by it.
      event.preventDefault();
      palette.close();
    } else if (event.key === "Enter" && document.activeElement === field) {
      event.preventDefault();
      if (answered === field.value) all[0]?.click();
      else {
        openFirst = true;
        htmx.trigger(form, "submit");
      }
    } else if (next !== undefined && next !== null && next < all.length) {
      event.preventDefault();
      if (next >= 0) all[next].focus();
      else if (at === 0) field.focus();
    } else if (at >= 0 && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) field.focus();
  });

  results.addEventListener("htmx:beforeSwap", (event) => {
    answered = new URL(event.detail.xhr.responseURL).searchParams.get("q") ?? "";
  });
  results.addEventListener("htmx:afterSwap", () => {
    if (openFirst && answered === field.value) links()[0]?.click();
    openFirst = openFirst && answered !== field.value;
  });
})();
