// Short messages in the corner. What went wrong stays until it is closed, or until somebody tries again; what went well goes by itself.
// While a question is open nothing behind it can be read or reached: what went wrong with it is said inside.

const ICONS = {good: "done", bad: "failed", look: "look", quiet: "info"}
const GOES_AFTER = 8000
const GOES_LATER = 30_000  // what can be taken back is offered for longer

/** Show a message: `kind` is good, bad, look or quiet; `fix` says what to do, `undo` takes back what it tells of. */
export function toast(kind, text, fix = "", undo = null) {
  const box = document.createElement("div")
  box.className = `toast is-${kind}`
  box.append(icon(ICONS[kind] ?? "info"), said(text, fix), ...(undo ? [taker(undo, box)] : []), closer())
  const asked = kind === "bad" || kind === "look" ? [...document.querySelectorAll("dialog:modal")].at(-1)?.querySelector(".buttons") : null
  if (asked) {
    box.classList.add("inside")
    box.setAttribute("role", "alert")
    asked.before(box)
  } else document.getElementById("toasts").append(box)
  if (kind === "good" || kind === "quiet") setTimeout(() => box.remove(), undo ? GOES_LATER : GOES_AFTER)
  return box
}

/** What was wrong is tried again, or given up. */
export function forget(within = document) {
  for (const box of within.querySelectorAll(".toast.is-bad, .toast.is-look")) box.remove()
}

/** What an answer that is no success says: problem details (RFC 9457), or its bare status. */
export function explain(body, status) {
  try {
    const {detail, title, fix, code, errors} = JSON.parse(body)
    const fields = (errors ?? []).map(one => `${one.field ?? one.pointer}: ${one.detail ?? one.message}`).join("; ")
    return {detail: [detail ?? title, fields].filter(Boolean).join(": "), fix: fix ?? "", code: code ?? ""}
  } catch {
    return {detail: `The server answered ${status || "nothing"}.`, fix: "", code: ""}
  }
}

function said(text, fix) {
  const words = document.createElement("div")
  words.className = "grow"
  words.append(Object.assign(document.createElement("div"), {textContent: text}))
  if (fix) words.append(Object.assign(document.createElement("div"), {className: "fix soft", textContent: fix}))
  return words
}

function taker(undo, box) {
  const button = Object.assign(document.createElement("button"), {type: "button", className: "small", textContent: "Undo"})
  button.addEventListener("click", () => { box.remove(); undo() })
  return button
}

function closer() {
  const button = Object.assign(document.createElement("button"), {type: "button", className: "plain small icon-only"})
  button.setAttribute("aria-label", "Close this message")
  button.append(icon("close"))
  button.addEventListener("click", () => button.parentElement.remove())
  return button
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("class", "icon")
  svg.setAttribute("aria-hidden", "true")
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  use.setAttribute("href", `${sprite}#${name}`)
  svg.append(use)
  return svg
}

const sprite = (document.querySelector(".icon use")?.getAttribute("href") ?? "/static/icons.svg").split("#")[0]
