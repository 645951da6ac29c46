// Files of a pack: gathered, sent one after another, and then made into a medium by the server.

import {send as ask} from "./session.js"
import {explain, toast} from "./toasts.js"
import {Stopped, meter, send, uploadName} from "./sending.js"

const form = document.getElementById("pack")
const drop = form.querySelector("[data-files]")
const list = document.getElementById("files")
const button = form.querySelector("[type=submit]")
const box = document.getElementById("sending")
const files = new Map()
let stop = null

function take(some) {
  for (const file of some) files.set(file.name, file)
  show()
}

function show() {
  list.replaceChildren(...[...files.values()].map(row))
  button.disabled = files.size === 0 && !("mayBeEmpty" in form.dataset)
}

function row(file) {
  const item = Object.assign(document.createElement("li"), {className: "row"})
  item.append(Object.assign(document.createElement("code"), {textContent: file.name, className: "wrap"}))
  const without = Object.assign(document.createElement("button"), {type: "button", className: "plain small", textContent: "Take out"})
  without.setAttribute("aria-label", `Take out ${file.name}`)
  without.addEventListener("click", () => { files.delete(file.name); show() })
  item.append(without)
  return item
}

drop.addEventListener("dragover", event => { event.preventDefault(); drop.classList.add("over") })
drop.addEventListener("dragleave", () => drop.classList.remove("over"))
drop.addEventListener("drop", event => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files) })
drop.querySelector("input").addEventListener("change", event => take(event.target.files))
box.querySelector("[data-stop]").addEventListener("click", () => stop?.abort())

form.addEventListener("submit", async event => {
  event.preventDefault()
  stop = new AbortController()
  button.disabled = true
  try {
    const sent = []
    for (const file of files.values()) {
      const upload = `pack-${uploadName({name: form.elements[form.dataset.named].value})}-${uploadName(file)}`.slice(0, 120)
      await send(file, upload, meter(box, file.name), stop.signal)
      sent.push([upload, file.name])
    }
    await make(sent)
  } catch (error) {
    if (error instanceof Stopped) toast("quiet", "It was stopped", "make it again, and it goes on where it was")
    else toast("bad", error.detail ?? "The pack could not be made.", error.fix ?? "")
  } finally {
    button.disabled = false
  }
})

async function make(sent) {
  const said = Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === "string"))
  const body = {...said, upload: sent.map(([upload]) => upload), file: sent.map(([, file]) => file)}
  const answer = await ask(form.dataset.send, {method: "POST", body: body})
  if (!answer.ok) throw explain(await answer.text(), answer.status)
  location.assign(answer.headers.get("HX-Redirect") ?? "/media")
}
