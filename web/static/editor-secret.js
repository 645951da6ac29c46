// The field of a password: it is hashed in the browser, and the plain text goes from the field at once.

import {make} from "./editor-ask.js"
import {fault, hashed} from "./editor-password.js"

/** A kind of field for the form. `described.password` are the server's limits. */
export function passwordField(field, id, changed, described) {
  const hash = field.words.includes("hash")
  let value
  const said = make("p", {class: "editor-secret", id: `${id}-now`})
  const told = make("p", {class: "hint", role: "status"})
  const input = make("input", {id, type: "password", autocomplete: "new-password", maxlength: "255", "aria-label": "A new root password", placeholder: "a new password", disabled: !hash})
  const button = make("button", {type: "button", disabled: !hash, onclick: take}, "Hash it here")
  const random = make("button", {type: "button", onclick: () => { value = "random"; show(value); changed() }}, "A random one for each installation")
  input.addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); take() } })

  async function take() {
    const password = input.value
    const why = fault(password, described.password)
    if (why) { told.textContent = why; input.focus(); return }
    input.value = ""  // from here on it is the worker's alone
    for (const one of [button, random, input]) one.disabled = true
    try {
      value = {hash: await hashed(password, described.password.rounds, done => { told.textContent = `Hashing in your browser: ${Math.round(done * 100)} %` })}
      told.textContent = "It was hashed here. Nobody but you knows it: the file holds the hash alone."
      show(value)
      changed()
    } catch (error) {
      told.textContent = `It could not be hashed: ${error.message}`
    } finally {
      for (const one of [button, random, input]) one.disabled = false
    }
  }

  function show(now) {
    value = now
    said.textContent = words(now)
    said.classList.toggle("is-look", now !== null && typeof now === "object" && "plaintext" in now)
  }

  return {
    element: make("div", {class: "stack tight"}, said,
      hash ? make("div", {class: "row"}, input, button, random) : make("p", {class: "hint"}, "These installers read plain text alone, so each installation gets a random one, which a hook replaces before the host ever starts."),
      told),
    inputs: () => hash ? [input] : [], value: () => value, show,
  }
}

function words(value) {
  if (value === undefined || value === null) return "No password is said."
  if (value === "random") return "A random one for each installation: shown once to whoever arms the host."
  if (typeof value === "object" && "plaintext" in value) return "The file holds a password in plain text. It stays in your browser, and is not saved: hash it."
  return "A password is set; only its hash is kept."
}
