// What every page needs: times in the reader's zone, dialogs, messages, the menu, the theme, and the live stream.

import {headers} from "./csrf.js"
import {listen} from "./live.js"
import {explain, forget, toast} from "./toasts.js"
import {withFreshPassword} from "./fresh.js"
import {mended} from "./session.js"
import {mayLeave} from "./typing.js"

const SHORT = new Intl.DateTimeFormat(undefined, {month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23"})
const TODAY = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"})

/** Show times in the reader's own zone; what stands in UTC stays in their title. */
function localTimes(root) {
  const today = new Date().toDateString()
  for (const time of root.querySelectorAll("time[datetime]:not([data-shown])")) {
    const at = new Date(time.dateTime)
    if (Number.isNaN(at.getTime())) continue
    time.textContent = (at.toDateString() === today ? TODAY : SHORT).format(at)
    time.dataset.shown = ""
  }
}

/** Buttons of typed questions wake up when exactly that was typed. */
function typed(input) {
  const button = input.form.querySelector("[type=submit]")
  button.disabled = input.value.trim() !== input.dataset.typed
}

document.addEventListener("click", event => {
  const button = event.target.closest("button, a, summary")
  if (!button) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false
    return
  }
  const {dialog} = button.dataset
  if (dialog) {
    const menu = button.closest("details.menu")
    if (menu) { menu.open = false; menu.querySelector("summary").focus() }  // where the keyboard returns to afterwards
    document.getElementById(dialog).showModal()
  } else if (button.hasAttribute("data-close")) button.closest("dialog").close()
  else if (button.hasAttribute("data-toggle-theme")) toggleTheme()
  else if (button.hasAttribute("data-toggle-menu")) toggleMenu(button)
  else if (button.hasAttribute("data-log-out")) logOut()
})

document.addEventListener("input", event => {
  if (event.target.matches?.("[data-typed]")) typed(event.target)
})

document.addEventListener("keydown", event => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]")
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]")
    if (search) { event.preventDefault(); search.focus(); search.select() }
  }
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus() }
})

function toggleTheme() {
  const root = document.documentElement
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches
  root.dataset.theme = dark ? "light" : "dark"
  localStorage.setItem("theme", root.dataset.theme)
  document.dispatchEvent(new CustomEvent("theme"))
}

function toggleMenu(button) {
  const open = document.getElementById("side").classList.toggle("open")
  button.setAttribute("aria-expanded", String(open))
}

async function logOut() {
  if (!mayLeave()) return
  await fetch("/session", {method: "DELETE", headers: headers(), body: "{}"})
  location.assign("/login")
}

// -- htmx: errors become messages, and what an answer says in HX-Trigger is shown ------------------------------------------------------

document.addEventListener("htmx:responseError", async event => {
  const {xhr, requestConfig, elt} = event.detail
  const problem = explain(xhr.responseText, xhr.status)
  const unasked = requestConfig.triggeringEvent?.type?.startsWith("live:")
  if (problem.code === "not-fresh" ? await withFreshPassword() : await mended(problem.code, unasked)) {
    htmx.ajax(requestConfig.verb, requestConfig.path, {source: elt, target: requestConfig.target})
    return
  }
  if (problem.code === "stale" && elt.dataset.together) return  // together.js shows it
  if (problem.code === "unauthenticated") { if (!unasked) toast("look", "Nobody is logged in: nothing was done.", "what you typed is still here; try again to log in") }
  else if (problem.code !== "not-fresh") toast("bad", problem.detail, problem.fix)
})
document.addEventListener("htmx:beforeRequest", event => { if (event.detail.requestConfig.verb !== "get") forget() })
document.addEventListener("htmx:sendError", () => toast("bad", "The server did not answer.", "Is it running, and is this machine still on its network?"))
document.addEventListener("toast", event => toast(event.detail.kind, event.detail.text, event.detail.fix))
document.addEventListener("later", ({detail: {kind, text, fix}}) => sessionStorage.setItem("later", JSON.stringify({kind, text, fix})))
document.addEventListener("htmx:afterRequest", event => {
  const dialog = event.detail.elt.closest?.("dialog[open]")
  if (dialog && !event.detail.elt.hasAttribute("data-stays") && event.detail.successful && event.detail.requestConfig.verb !== "get") dialog.close()
})
// What a reader has opened stays open when that part of the page is shown again.
let opened = new Map()
document.addEventListener("htmx:beforeSwap", event => {
  const {target} = event.detail
  if (target.hasAttribute?.("data-keep-open")) opened = new Map([...target.querySelectorAll("details[data-key]")].map(one => [one.dataset.key, one.open]))
})
document.addEventListener("htmx:load", event => {
  for (const one of event.detail.elt.querySelectorAll?.("details[data-key]") ?? []) if (opened.has(one.dataset.key)) one.open = opened.get(one.dataset.key)
})
document.addEventListener("htmx:load", event => localTimes(event.detail.elt))
document.addEventListener("close", event => {
  if (!event.target.matches?.("dialog")) return
  forget(event.target)
  for (const input of event.target.querySelectorAll("[data-typed]")) { input.value = ""; typed(input) }
}, true)

localTimes(document)
const later = sessionStorage.getItem("later")
if (later) {
  sessionStorage.removeItem("later")
  const {kind, text, fix} = JSON.parse(later)
  toast(kind, text, fix)
}
const live = document.getElementById("live")
if (live) listen(live)
