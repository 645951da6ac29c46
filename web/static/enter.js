// Forms that hold a password: sent as JSON, which no form of another site can do; what is wrong is said beside the button.

import {headers} from "./csrf.js"
import {explain} from "./toasts.js"

const form = document.querySelector("form.enter")
const said = form.querySelector("[role=alert]")

function tell(detail, fix = "") {
  said.textContent = fix ? `${detail}: ${fix}` : detail
  said.hidden = false
}

form.addEventListener("submit", async event => {
  event.preventDefault()
  said.hidden = true
  for (const field of form.querySelectorAll("[data-same]")) {
    if (field.value !== form.elements[field.dataset.same].value) {
      tell("The two passwords are not the same.")
      field.focus()
      return
    }
  }
  const button = form.querySelector("[type=submit]")
  button.disabled = true
  try {
    const body = JSON.stringify(Object.fromEntries(new FormData(form)))
    const answer = await fetch(form.dataset.send, {method: "POST", headers: headers(), body})
    if (answer.ok) {
      if (form.dataset.done) sessionStorage.setItem("later", JSON.stringify({kind: "good", text: form.dataset.done}))
      location.assign(form.dataset.onward)
      return
    }
    const {detail, fix} = explain(await answer.text(), answer.status)
    tell(detail, fix)
    for (const field of form.querySelectorAll("input[type=password]")) field.value = ""
  } catch {
    tell("The server does not answer.", "is the service running?")
  }
  button.disabled = false
})
