// Passkeys: the browser makes and uses them, the server checks. Where it cannot, what needs them stays hidden.
const canDo = window.PublicKeyCredential?.parseRequestOptionsFromJSON && PublicKeyCredential.prototype.toJSON
  // A passkey belongs to a name; a bare number of an address is none.
  && !/^[\d.]+$|^\[/.test(location.hostname);

// Also for what comes into a page later.
export const reveal = (root) => {
  if (!canDo) return;
  for (const part of root.querySelectorAll("[data-passkey-part]")) part.hidden = false;
  for (const part of root.querySelectorAll("[data-no-passkey]")) part.hidden = true;
};

if (canDo) {
  reveal(document);

  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const post = (address, body) => fetch(address, {
    method: "POST",
    headers: { "X-CSRFToken": token, "Content-Type": "application/json", "HX-Request": "true" },
    body: JSON.stringify(body ?? {}),
  });

  const run = async (button) => {
    const { passkey, options, send, next } = button.dataset;
    const told = button.closest("[data-passkey-part]").querySelector("[data-passkey-told]");
    told.textContent = "";
    try {
      const asked = await post(options);
      if (!asked.ok) throw new Error(String(asked.status));
      const plain = await asked.json();
      const credential = passkey === "new"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(plain) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(plain) });
      const name = document.getElementById("passkey-name")?.value ?? "";
      const answer = await post(send, { credential: credential.toJSON(), name, next });
      const { goal, detail, fresh_seconds: freshSeconds } = await answer.json();
      // The dialog that asks for a proof goes on by itself.
      if (goal && freshSeconds && button.closest("dialog")) {
        button.dispatchEvent(new CustomEvent("proved", { bubbles: true, detail: freshSeconds }));
      } else if (goal) window.location.assign(goal);
      else told.textContent = detail;
    } catch {
      // The person has closed the browser's own dialog, the device knows no passkey for here, or there is no connection.
      told.textContent = told.dataset.failed;
    }
  };

  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("[data-passkey]");
    if (!button) return;
    event.preventDefault();
    run(button);
  });
}
