// A session that ends while somebody is at work: the log-in comes to the page, so that nothing that was typed is lost, and the request goes on.

import {headers} from "./csrf.js"
import {explain} from "./toasts.js"

let asking = null
let left = false

/** Send JSON, or ask with GET; where the session is over meanwhile, log in in place and send once more. */
export async function send(path, {method = "GET", body} = {}) {
  const once = () => fetch(path, {method, headers: headers(), body: body === undefined ? undefined : JSON.stringify(body)})
  const answer = await once()
  if (answer.ok) return answer
  return await mended(explain(await answer.clone().text(), answer.status).code) ? once() : answer
}

/** Mend what a session's end spoils; true when the request may be sent again. `unasked` requests of the page itself do not ask twice. */
export async function mended(code, unasked = false) {
  if (code === "cross-site") return renewed()
  if (code !== "unauthenticated" || unasked && left) return false
  return asking ??= logIn().finally(() => { asking = null })
}

/** Take the word of the session that another window of this browser has begun; false when it is the one that we have, or somebody else's. */
async function renewed() {
  const answer = await fetch(location.href, {headers: {Accept: "text/html"}})
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  const whose = one => one.querySelector("#over form")?.dataset.name
  return answer.ok && whose(page) === whose(document) && took(page.querySelector("meta[name=csrf]")?.content)
}

function took(word) {
  const meta = document.querySelector("meta[name=csrf]")
  if (!word || word === meta.content) return false
  meta.content = word
  document.body.setAttribute("hx-headers", JSON.stringify({"X-CSRF": word}))
  document.dispatchEvent(new CustomEvent("session"))
  return true
}

function logIn() {
  const dialog = document.getElementById("over")
  const form = dialog.querySelector("form")
  const password = document.getElementById("over-password")
  const error = document.getElementById("over-error")
  return new Promise(resolve => {
    let right = false
    const submit = async event => {
      event.preventDefault()
      const sent = JSON.stringify({name: form.dataset.name, password: password.value})
      password.value = ""
      const answer = await fetch("/session", {method: "POST", headers: headers(), body: sent}).catch(() => null)
      const text = await answer?.text() ?? ""
      if (answer?.ok) {
        right = took(JSON.parse(text).csrf)
        dialog.close()
        return
      }
      error.textContent = answer ? explain(text, answer.status).detail : "The server did not answer."
      error.hidden = false
      password.focus()
    }
    form.addEventListener("submit", submit)
    dialog.addEventListener("close", () => {
      form.removeEventListener("submit", submit)
      password.value = ""
      error.hidden = true
      left = !right
      resolve(right)
    }, {once: true})
    dialog.showModal()
    password.focus()
  })
}
