// A text file that is dropped or chosen becomes the text of a field, and its name that of another.

import {toast} from "./toasts.js"

const LARGEST = 8 << 20

async function take(drop, file) {
  if (!file) return
  if (file.size > LARGEST) { toast("bad", `${file.name} is larger than 8 MiB`, "part it into several tables"); return }
  document.querySelector(drop.dataset.drop).value = await file.text()
  document.querySelector(drop.dataset.name).value = file.name
  toast("quiet", `${file.name} is read: see what would change, then take it in`)
}

for (const drop of document.querySelectorAll("[data-drop]")) {
  drop.addEventListener("dragover", event => { event.preventDefault(); drop.classList.add("over") })
  drop.addEventListener("dragleave", () => drop.classList.remove("over"))
  drop.addEventListener("drop", event => { event.preventDefault(); drop.classList.remove("over"); take(drop, event.dataTransfer.files[0]) })
  drop.querySelector("[data-file]").addEventListener("change", event => take(drop, event.target.files[0]))
}
