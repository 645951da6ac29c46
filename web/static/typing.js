// What somebody is typing, and where they are: forms that say data-guard ask before they are left half filled, and whoever works by keyboard
// stays where they were when a part of the page is shown anew.

const touched = new Set()
let place = null

document.addEventListener("input", event => {
  const form = event.target.closest?.("form[data-guard]")
  if (form) touched.add(form)
})
document.addEventListener("htmx:beforeOnLoad", event => {
  if (event.detail.xhr.status < 400) touched.delete(event.detail.elt)
})
addEventListener("beforeunload", event => {
  if ([...touched].some(form => form.isConnected)) event.preventDefault()
})

/** Whether the page may be left: nothing is half typed, or its reader gives it up. */
export function mayLeave() {
  return dispatchEvent(new Event("beforeunload", {cancelable: true})) || confirm("What you have typed here is not saved. Log out all the same?")
}

// htmx itself keeps the focus of what has an id.
document.addEventListener("htmx:beforeSwap", () => {
  const at = document.activeElement
  place = at && at !== document.body && !at.id && at.closest("main") ? {same: looksLike(at), box: at.closest("main [id]")?.id} : null
})
document.addEventListener("htmx:afterSettle", () => {
  if (!place || document.activeElement !== document.body) return
  const box = document.getElementById(place.box) ?? document.getElementById("main")
  const found = [...box.querySelectorAll("a, button, input, select, textarea, summary")]
  const {same} = place
  const next = found.find(one => looksLike(one) === same) ?? found[0] ?? document.getElementById("main")
  next.focus({preventScroll: true})
})

function looksLike(one) {
  const said = one.getAttribute("aria-label") ?? (one.matches("input, select, textarea") ? "" : one.textContent.trim())
  return [one.tagName, one.getAttribute("href"), one.name, one.type === "checkbox" ? one.value : "", one.closest("[data-key]")?.dataset.key, said].join("\n")
}
