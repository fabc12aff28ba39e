// What can hurt is sent by somebody who proved who they are in the last minutes: a dialog asks for it before the form goes,
// so that everything typed, secrets too, stays where it is. The server holds to it in any case.
(() => {
  const dialog = document.getElementById("proof");
  const loaded = Date.now();
  let freshUntil = loaded + Number(document.body.dataset.freshSeconds || 0) * 1000 - 2000;
  const isStale = () => Date.now() >= freshUntil;
  const needsProof = (element) => element?.closest("[data-proof]");

  const call = (options) => fetch(dialog.dataset.address, { headers: { "HX-Request": "true" }, ...options });

  // typed.js brings what was typed to safety.
  const signedOut = () => document.dispatchEvent(new CustomEvent("signed-out"));

  const offerPasskey = async () => {
    if (dialog.querySelector("[data-passkey-part]")) (await import(dialog.dataset.passkeys)).reveal(dialog);
  };

  // Resolves to true once the person has proved it, to false when the dialog was left.
  const ask = async () => {
    const answer = await call();
    if (!answer.ok || answer.redirected) { signedOut(); return false; }
    dialog.innerHTML = await answer.text();
    dialog.showModal();
    offerPasskey();
    return new Promise((resolve) => {
      let proved = false;
      const succeed = (seconds) => {
        proved = true;
        freshUntil = Date.now() + Number(seconds) * 1000 - 2000;
        dialog.close();
      };
      const signed = (event) => succeed(event.detail);
      const send = async (event) => {
        if (event.target.querySelector("[data-passkey]")) return;
        event.preventDefault();
        const told = await call({ method: "POST", body: new FormData(event.target) });
        if (told.status === 204) succeed(told.headers.get("X-Fresh-Seconds"));
        else if (told.status === 422 || told.status === 429) {
          dialog.innerHTML = await told.text();
          offerPasskey();
          dialog.querySelector("input:not([type=hidden])")?.focus();
        } else signedOut();
      };
      const leave = (event) => event.target.closest("[data-close]") && dialog.close();
      dialog.addEventListener("submit", send);
      dialog.addEventListener("proved", signed);
      dialog.addEventListener("click", leave);
      dialog.addEventListener("close", () => {
        dialog.removeEventListener("submit", send);
        dialog.removeEventListener("proved", signed);
        dialog.removeEventListener("click", leave);
        dialog.replaceChildren();
        resolve(proved);
      }, { once: true });
    });
  };

  // Forms sent the plain way.
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!isStale() || !needsProof(form) || dialog.contains(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask().then((proved) => proved && form.requestSubmit(submitter));
  }, { capture: true });

  // Those that htmx sends.
  document.addEventListener("htmx:confirm", (event) => {
    if (!isStale() || !needsProof(event.detail.elt) || event.detail.verb !== "post") return;
    event.preventDefault();
    ask().then((proved) => proved && event.detail.issueRequest(true));
  });

  // The server knows better: ask, and send the same once more.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, elt } = event.detail;
    if (xhr.status !== 403 || !xhr.getResponseHeader("X-Prove")) return;
    event.preventDefault();
    freshUntil = 0;
    ask().then((proved) => proved && htmx.trigger(elt, elt.matches("form") ? "submit" : "click"));
  });
})();
