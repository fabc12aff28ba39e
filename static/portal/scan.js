// Serial numbers by scanner or camera: trimmed, in capitals, each once. A scanner types like a keyboard and ends with Enter.
const SERIAL = /^[A-Z0-9*_=+|@.-]{1,48}$/;
const AGAIN_MILLISECONDS = 150;

// Codes hold the serial number alone, or as the last part of an address.
const serialOf = (text) => {
  const bare = text.trim();
  const last = /^[a-z]+:\/\//i.test(bare) ? bare.split(/[?#]/)[0].replace(/\/+$/, "").split("/").pop() : bare;
  const serial = last.toUpperCase();
  return SERIAL.test(serial) ? serial : null;
};

const serials = (lines) => lines.map((line) => line.split(/[;\t,]/)[0].trim().toUpperCase());

const tidy = (area) => {
  const status = document.getElementById("scanned");
  const seen = new Set();
  const kept = [];
  let twice = "";
  const lines = area.value.split("\n");
  const names = serials(lines);
  lines.forEach((line, at) => {
    const rest = line.match(/[;\t,].*$/)?.[0] ?? "";
    // A bare serial that stands there already was scanned twice; a line with more to it is for a person to judge.
    if (names[at] && !rest && seen.has(names[at])) twice = names[at];
    else kept.push(names[at] + rest);
    seen.add(names[at]);
  });
  const text = kept.join("\n");
  status.textContent = twice ? status.dataset.twice.replace("{serial}", twice) : "";
  if (text === area.value) return;
  const atEnd = area.selectionEnd === area.value.length;
  area.value = text;
  if (atEnd) area.setSelectionRange(text.length, text.length);
};

document.addEventListener("input", ({ target, inputType }) => {
  if (target.name === "lines" && (inputType === "insertLineBreak" || inputType === "insertFromPaste")) tidy(target);
});
document.addEventListener("change", ({ target }) => {
  if (target.name === "device_id") target.value = target.value.trim().toUpperCase();
  if (target.name === "lines") tidy(target);
});

const put = (field, serial) => {
  if (field.tagName !== "TEXTAREA") field.value = serial;
  else {
    field.value += `${field.value && !field.value.endsWith("\n") ? "\n" : ""}${serial}\n`;
    tidy(field);
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
};

const look = async (field) => {
  const dialog = document.getElementById("scanner");
  const video = dialog.querySelector("video");
  const said = document.getElementById("scanner-said");
  const several = field.tagName === "TEXTAREA";
  let stream = null;
  let last = null;
  said.textContent = "";
  dialog.showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
    const detector = new BarcodeDetector();
    while (dialog.open) {
      for (const { rawValue } of await detector.detect(video)) {
        const serial = serialOf(rawValue);
        if (rawValue === last) continue;
        last = rawValue;
        said.textContent = serial ? said.dataset.added.replace("{serial}", serial) : said.dataset.noSerial.replace("{text}", rawValue.slice(0, 80));
        if (!serial) continue;
        put(field, serial);
        if (!several) dialog.close();
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
    }
  } catch {
    said.textContent = said.dataset.noCamera;
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop();
    if (!dialog.open) field.focus();
  }
};

const offer = async () => {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  if (!(await BarcodeDetector.getSupportedFormats()).length) return;
  for (const button of document.querySelectorAll("[data-scan-into]")) {
    button.hidden = false;
    button.addEventListener("click", () => look(document.getElementById(button.dataset.scanInto)));
  }
};
offer();
