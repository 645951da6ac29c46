// The answerfile editor: a form and a file of the same answers. Whichever is typed in, the server makes the other of it; what comes back is
// taken only while nothing newer was typed. The rules are the server's: here is no word about what an answerfile may say.

import {ask, make} from "./editor-ask.js"
import {form as formWithin} from "./editor-form.js"
import {findingsList, verdictBadge} from "./editor-findings.js"
import {joined} from "./editor-joining.js"
import {masked, plain, unmasked} from "./editor-password.js"
import {panels} from "./editor-panels.js"
import {textEditor} from "./editor-text.js"
import {toast} from "./toasts.js"

const WAIT = 250  // milliseconds without a key before the server is asked
const place = document.getElementById("editor")
const by = id => document.getElementById(id)
const {what, name, medium, maySave} = place.dataset
const now = {
  dialect: place.dataset.dialect || by("dialect").value, mode: "fresh", answers: {}, source: null, revision: null, saved: "", opened: null,
  turn: 0, timer: 0, waiting: false, stale: false, asked: Promise.resolve(),
}

const form = formWithin(by("form"), path => {
  form.read(now.answers, path)  // at once: whoever goes on to the next field does not wait for the server
  typed(fromForm)
})
const file = textEditor(by("file"), () => typed(fromFile), fix)

// -- one model -------------------------------------------------------------------------------------------------------------------------

/** Somebody typed: `then` is done when they pause. What is on its way is out of date from now on. */
function typed(then) {
  now.turn++
  clearTimeout(now.timer)
  now.waiting = true
  state("…")
  guard()
  now.timer = setTimeout(() => { now.asked = then() }, WAIT)
}

/** Ask, and take the answer unless something was typed meanwhile. */
async function turn(path, body, take) {
  const mine = ++now.turn
  try {
    const told = await ask(path, body)
    if (mine === now.turn) { now.waiting = false; take(told) }
  } catch (error) {
    if (mine === now.turn) { now.waiting = false; state(error.detail, "bad") }
  }
  guard()
}

function draft() {
  return {answers: now.answers, mode: now.mode, source: now.source}
}

function fromForm() {
  const before = file.text(), secret = plain(before)
  return turn("/drafts/write", {draft: draft(), dialect: now.dialect, medium: medium || null, before: masked(before)}, told => {
    form.say(told)
    if (told.text === null) {
      now.stale = true
      state("The file waits: a value in the form cannot be meant", "bad")
      return
    }
    now.stale = false
    if (told.drops.length && !now.told) dropped(before, told.drops)
    file.put(unmasked(told.text, secret))
    findings(told)
    state("Form and file say the same", "good")
  })
}

function fromFile() {
  return turn("/drafts/read", {text: masked(file.text()), dialect: now.dialect, medium: medium || null, before: draft()}, told => {
    findings(told)
    if (told.draft === null) {
      state("The form waits: the installer stops here", "bad")
      return
    }
    now.stale = false
    take(told.draft)
    form.say(told)
    form.show(now.answers)
    state("Form and file say the same", "good")
  })
}

function take({answers, mode, source}) {
  now.answers = answers
  now.source = source
  if (mode !== now.mode && [...by("mode").options].some(one => one.value === mode)) {
    now.mode = by("mode").value = mode
    redraw()
  }
}

/** Comments, and what no installer reads, do not come back out of a form. */
function dropped(before, what) {
  now.told = true
  const undo = make("button", {type: "button", class: "small", onclick: () => { by("tell").hidden = true; now.told = false; file.exchange(before) }}, "Take the file as it was")
  by("tell").replaceChildren(make("span", {class: "grow"}, `Writing from the form left out of the file: ${what.join("; ")}.`), undo,
    make("button", {type: "button", class: "plain small", onclick: () => { by("tell").hidden = true }}, "Close"))
  by("tell").hidden = false
}

function findings({verdict, findings: found}) {
  verdictBadge(by("verdict"), verdict, found)
  file.mark(found)
  findingsList(by("findings"), found, {fix, show: one => { tab("file"); file.show(one.line, one.column) }})
  by("count").textContent = found.length ? `(${found.length})` : ""
  by("fix-all").hidden = found.filter(one => one.fixable).length < 2
}

async function fix(finding) {
  clearTimeout(now.timer)
  const text = file.text(), secret = plain(text), mine = ++now.turn
  const one = finding ? {code: finding.code, line: finding.line, column: finding.column} : {}
  try {
    const told = await ask("/drafts/fix", {text: masked(text), dialect: now.dialect, ...one})
    if (mine !== now.turn) return
    file.exchange(unmasked(told.text, secret))
    toast("good", finding ? `Put right: ${finding.message}` : `${told.made.length} findings were put right`)
  } catch (error) {
    toast("bad", error.detail, error.fix)
  }
}

// -- the page --------------------------------------------------------------------------------------------------------------------------

function state(text, kind = "") {
  by("state").textContent = text
  by("state").className = `editor-state${kind ? ` is-${kind}` : ""}`
}

function changedSince() {
  return now.opened !== null && JSON.stringify(now.answers) !== now.saved
}

function guard() {
  const save = by("save")
  if (save) save.disabled = !changedSince() || now.waiting || now.stale
  place.dataset.changed = changedSince() ? "yes" : ""
}

let described = null

async function redraw() {
  form.draw(described, now.mode, now.opened)
  form.show(now.answers)
}

async function generation(dialect) {
  described = await ask(`/drafts/form?dialect=${encodeURIComponent(dialect)}`)
  now.dialect = dialect
  by("dialect").value = dialect
  by("mode").replaceChildren(...described.modes.map(mode => make("option", {value: mode}, mode)))
  if (!described.modes.includes(now.mode)) now.mode = described.modes[0]
  by("mode").value = now.mode
  file.complete(described.elements)
  by("presets").replaceChildren(...described.presets.map(one => make("button", {type: "button", class: "plain", title: one.about, onclick: () => begin(one)}, one.name)),
    make("button", {type: "button", class: "plain", title: "Every element of this installer, each with what it means", onclick: () => replaceFile(described.example)}, "Every element, explained"))
  redraw()
}

function begin(preset) {
  by("presets").closest("details").open = false
  typed(() => { Object.assign(now.answers, structuredClone(preset.answers)); form.show(now.answers); return fromForm() })
}

function replaceFile(text) {
  by("presets").closest("details").open = false
  file.exchange(text)
}

function keep(opened) {
  now.opened = opened
  now.revision = opened.revision
  now.answers = opened.answers
  now.saved = JSON.stringify(opened.answers)
}

async function begun() {
  if (what === "file") {
    await generation(now.dialect)
    file.exchange('<?xml version="1.0"?>\n<installation>\n</installation>\n')
    return
  }
  await opened(place.dataset.dialect ? "" : now.dialect)
}

/** Open what is edited anew, as it is saved. */
async function opened(dialect) {
  const asked = new URLSearchParams({what, name, ...(dialect ? {dialect} : {})})
  keep(await ask(`/drafts/open?${asked}`))
  await generation(now.opened.dialect)
  file.lock(false)
  if (now.opened.written.text !== null) file.put(now.opened.written.text)
  form.say(now.opened.written)
  findings(now.opened.written)
  state("Form and file say the same", "good")
  now.turn++
  guard()
}

// -- saving ----------------------------------------------------------------------------------------------------------------------------

by("save")?.addEventListener("click", () => {
  const said = now.answers["root-password"]
  if (said !== null && typeof said === "object" && "plaintext" in said && said.plaintext !== "********") {
    toast("look", "The file holds a root password in plain text, which stays in your browser.", "Hash it in the form (Host), and save then.")
    tab("form")
    form.go("root-password")
    return
  }
  by("saving").showModal()
})
by("saving")?.addEventListener("submit", async () => {
  by("save").disabled = true
  try {
    const told = await ask("/drafts/save", {what, name, answers: now.answers, revision: now.revision, note: by("saving-note").value})
    by("saving-note").value = ""
    await opened(place.dataset.dialect ? "" : now.dialect)
    toast("good", told.difference ? `Saved: ${told.difference.replace(/^~ [^:]*: /, "")}` : "Nothing was changed", told.notes.join(" "))
  } catch (error) {
    guard()
    if (error.code === "stale") await together(error.detail)
    else toast("bad", error.detail, error.fix)
  }
})

/** Somebody else has saved meanwhile: what they changed is joined with what was typed here, and nothing is saved until it was looked at. */
async function together(detail) {
  const asked = new URLSearchParams({what, name, ...(place.dataset.dialect ? {} : {dialect: now.dialect})})
  const theirs = await ask(`/drafts/open?${asked}`)
  const {answers, both, taken} = joined(JSON.parse(now.saved), now.answers, theirs.answers)
  keep({...theirs, answers})
  now.saved = JSON.stringify(theirs.answers)
  await redraw()
  typed(fromForm)
  const said = [taken.length && `Taken from there: ${taken.join(", ")}.`, both.length && `Both of you changed ${both.join(", ")}: yours stands here, theirs in History.`]
  toast("look", detail, [...said, "Look at it, and save once more."].filter(Boolean).join(" "))
}
addEventListener("beforeunload", event => { if (changedSince() || (now.waiting && what !== "file")) event.preventDefault() })
addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault()
    if (by("save") && !by("save").disabled) by("save").click()
  }
})

// -- parts of the page -----------------------------------------------------------------------------------------------------------------

const tabs = ["form", "file", "findings"]

function tab(chosen) {
  for (const one of tabs) {
    const here = one === chosen
    by(`tab-${one}`).setAttribute("aria-selected", String(here))
    by(`tab-${one}`).tabIndex = here ? 0 : -1
    by(`part-${one}`).classList.toggle("chosen", here)
  }
}

for (const one of tabs) {
  by(`tab-${one}`).addEventListener("click", () => tab(one))
  by(`tab-${one}`).addEventListener("keydown", event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key]
    if (!step) return
    const next = tabs[(tabs.indexOf(one) + step + tabs.length) % tabs.length]
    tab(next)
    by(`tab-${next}`).focus()
  })
}
tab("form")

by("mode").addEventListener("change", event => typed(() => { now.mode = event.target.value; redraw(); return fromForm() }))
by("dialect").addEventListener("change", event => {
  const {value} = event.target
  event.target.value = now.dialect
  panel.convert(value)
})
by("fix-all").addEventListener("click", () => fix(null))
by("form").addEventListener("submit", event => event.preventDefault())
by("pick-file")?.addEventListener("change", async event => {
  const text = await event.target.files[0].slice(0, 1 << 20).text()
  event.target.value = ""
  await beginning  // which puts an empty file there: it must not come after this one
  file.exchange(text)
})
by("download")?.addEventListener("click", () => {
  const address = URL.createObjectURL(new Blob([file.text()], {type: "application/xml"}))
  make("a", {href: address, download: "answerfile.xml"}).click()
  setTimeout(() => URL.revokeObjectURL(address), 1000)
})

const panel = panels({
  what, name, now, draft, maySave, file, ready: () => now.asked,
  async take(dialect, text) { await generation(dialect); if (text !== null) file.exchange(text); else await fromForm() },
  again: () => opened(place.dataset.dialect ? "" : now.dialect),
})
const beginning = begun().catch(error => state(`${error.detail ?? error.message} ${error.fix ?? ""}`, "bad"))
