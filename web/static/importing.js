// An image is dropped, sent, and then imported: the import is a job of the server's, and goes on when this page is closed.

import {send as ask} from "./session.js"
import {explain, toast} from "./toasts.js"
import {Stopped, meter, send, uploadName} from "./sending.js"

const form = document.getElementById("send")
const drop = form.querySelector("[data-image]")
const name = form.querySelector("[name=send-name]")
const button = form.querySelector("[type=submit]")
const box = document.getElementById("sending")
let file = null
let stop = null
let sending = false

function take(one) {
  if (!one) return
  file = one
  drop.querySelector("b").textContent = one.name
  if (!name.value) name.value = one.name.toLowerCase().replace(/\.(iso|tar|tgz|zip)(\.\w+)?$/, "").replace(/[^a-z0-9.-]+/g, "-").replace(/^[^a-z0-9]+/, "").slice(0, 63)
  button.disabled = false
}

drop.addEventListener("dragover", event => { event.preventDefault(); drop.classList.add("over") })
drop.addEventListener("dragleave", () => drop.classList.remove("over"))
drop.addEventListener("drop", event => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files[0]) })
drop.querySelector("input").addEventListener("change", event => take(event.target.files[0]))
box.querySelector("[data-stop]").addEventListener("click", () => stop?.abort())

form.addEventListener("submit", async event => {
  event.preventDefault()
  stop = new AbortController()
  button.disabled = true
  sending = true
  const upload = uploadName(file)
  try {
    await send(file, upload, meter(box, file.name), stop.signal)
    sending = false
    await begin(upload)
  } catch (error) {
    if (error instanceof Stopped) toast("quiet", `${file.name} was stopped`, "drop it again, and it goes on where it was")
    else toast("bad", error.detail ?? "The image could not be sent.", error.fix ?? "")
  } finally {
    sending = false
    button.disabled = false
  }
})

async function begin(upload) {
  const answer = await ask("/media", {method: "POST", body: {name: name.value, upload}})
  if (!answer.ok) throw explain(await answer.text(), answer.status)
  const {later} = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}")
  if (later) sessionStorage.setItem("later", JSON.stringify(later))
  location.assign(answer.headers.get("HX-Redirect") ?? "/media")
}

addEventListener("beforeunload", event => { if (sending) event.preventDefault() })
