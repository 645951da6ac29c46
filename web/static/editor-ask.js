// How the editor asks the server: one way, with errors as words.

import {send} from "./session.js"
import {explain} from "./toasts.js"

/** What the API says to `path` (beneath /api/v1). Throws an error with `detail`, `fix` and `code`. */
export async function ask(path, body) {
  let response
  try {
    response = await send(`/api/v1${path}`, body === undefined ? {} : {method: "POST", body})
  } catch {
    throw refusal({detail: "The server did not answer.", fix: "Is it running, and is this machine still on its network?", code: "silent"})
  }
  const text = await response.text()
  if (!response.ok) throw refusal(explain(text, response.status))
  return JSON.parse(text)
}

function refusal({detail, fix, code}) {
  return Object.assign(new Error(detail), {detail, fix, code})
}

/** An element: `make("p", {class: "soft"}, "text", other)`. */
export function make(tag, attributes = {}, ...inside) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? "" : value)
  }
  element.append(...inside.filter(one => one !== undefined && one !== null && one !== ""))
  return element
}

/** A moment in the reader's own time. */
export function moment(seconds) {
  const at = new Date(seconds * 1000)
  return make("time", {datetime: at.toISOString(), title: `${at.toISOString().replace("T", " ").slice(0, 19)} UTC`}, at.toLocaleString())
}
