// Ticking hosts of a list: how many are ticked, and buttons that wake up when one is. What is ticked outlives a refresh of the list.

const picked = new Set()

function boxes() {
  return [...document.querySelectorAll("#pick input[name=n]")]
}

function show() {
  const all = document.querySelector("[data-pick-all]")
  const count = document.querySelector("[data-picked]")
  if (!count) return
  const here = boxes()
  const ticked = here.filter(box => box.checked)
  count.textContent = ticked.length || "Nothing"
  const bulk = document.getElementById("bulk")
  bulk.hidden = ticked.length === 0 && !("always" in bulk.dataset)
  for (const button of document.querySelectorAll("[data-needs-pick]")) button.disabled = ticked.length === 0
  if (all) { all.checked = ticked.length === here.length && here.length > 0; all.indeterminate = ticked.length > 0 && !all.checked }
}

document.addEventListener("change", event => {
  if (event.target.matches("[data-pick-all]")) for (const box of boxes()) box.checked = event.target.checked
  else if (!event.target.matches("#pick input[name=n]")) return
  picked.clear()
  for (const box of boxes()) if (box.checked) picked.add(box.value)
  show()
})
document.addEventListener("htmx:load", () => {
  for (const box of boxes()) box.checked = picked.has(box.value)
  show()
})
addEventListener("pageshow", show)
