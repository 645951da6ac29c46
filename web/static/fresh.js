// Some acts want a password that was given a short while ago. It is asked for here, and never kept.

import {headers} from "./csrf.js"
import {explain} from "./toasts.js"

/** Ask for the password; true when it was right, false when whoever was asked left it. */
export function withFreshPassword() {
  const dialog = document.getElementById("fresh")
  const form = dialog.querySelector("form")
  const password = document.getElementById("fresh-password")
  const error = document.getElementById("fresh-error")
  return new Promise(resolve => {
    let right = false
    const submit = async event => {
      event.preventDefault()
      const answer = await fetch("/session/confirm", {method: "POST", headers: headers(), body: JSON.stringify({password: password.value})})
      password.value = ""
      if (answer.ok) {
        right = true
        dialog.close()
        return
      }
      error.textContent = explain(await answer.text(), answer.status).detail
      error.hidden = false
      password.focus()
    }
    form.addEventListener("submit", submit)
    dialog.addEventListener("close", () => {
      form.removeEventListener("submit", submit)
      password.value = ""
      error.hidden = true
      resolve(right)
    }, {once: true})
    dialog.showModal()
    password.focus()
  })
}
