// Two people who edit one thing: the second is shown field by field what the first has changed, and by whom. What only one of them changed
// is joined by itself; of what both changed, the second says which one stays. Nothing that was typed is lost, and nothing is sent unasked.

import {explain, toast} from "./toasts.js"

const NAMES = "input[name]:not([type=hidden]):not([type=file]), select[name], textarea[name]"

document.addEventListener("htmx:responseError", async event => {
  const {xhr, elt: form} = event.detail
  if (!form.dataset.together) return
  const problem = explain(xhr.responseText, xhr.status)
  if (problem.code !== "stale") return
  const answer = await fetch(form.dataset.together, {headers: {Accept: "text/html"}})
  const theirs = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(form.id) : null
  if (!theirs) { toast("bad", problem.detail, "It is not there any more: copy what you typed, if you need it."); return }
  join(form, theirs, problem.detail)
})

/** Join what `theirs` says with what was typed into `form`, and show what became of each field. */
function join(form, theirs, detail) {
  const both = [], taken = [], kept = []
  for (const field of form.querySelectorAll(NAMES)) {
    const other = theirs.elements.namedItem(field.name)
    if (!other) continue
    const one = {field, label: form.querySelector(`label[for="${field.id}"]`)?.textContent ?? field.name, was: before(field), mine: field.value, now: before(other)}
    if (one.now === one.was || one.now === one.mine) { if (one.mine !== one.now) kept.push(one) }
    else if (one.mine === one.was) { field.value = one.now; taken.push(one) }
    else both.push(one)
    rebase(field, one.now)
  }
  form.elements.revision.value = theirs.elements.revision.value
  document.getElementById("stale").replaceChildren(told(detail, taken, kept, both))
  document.querySelector("#stale input, #stale .flash").focus()
}

/** What a field held when its page was made. */
function before(field) {
  if (field.matches("select")) return [...field.options].find(one => one.defaultSelected)?.value ?? field.options[0]?.value ?? ""
  return field.defaultValue
}

/** From now on `value` is what it held: whoever comes third is told of by that. */
function rebase(field, value) {
  const {value: shown} = field
  if (field.matches("select")) for (const one of field.options) one.defaultSelected = one.value === value
  else field.defaultValue = value
  field.value = shown
}

function told(detail, taken, kept, both) {
  const box = element("div", {className: "flash is-look", tabIndex: -1, role: "group"})
  box.setAttribute("aria-label", "Changed by somebody else")
  const words = element("div", {className: "stack tight grow"}, element("b", {textContent: detail}))
  if (taken.length) words.append(element("p", {textContent: `Taken from there: ${taken.map(({label, was, now}) => `${label} ${spelt(was)} → ${spelt(now)}`).join("; ")}.`}))
  if (kept.length) words.append(element("p", {textContent: `Yours stays: ${kept.map(({label, mine}) => `${label} ${spelt(mine)}`).join("; ")}.`}))
  for (const one of both) words.append(choice(one))
  words.append(element("p", {className: "fix", textContent: both.length ? "Say of each which one stays, and save once more." : "Look at it, and save once more."}))
  box.append(words)
  return box
}

function choice({field, label, was, mine, now}) {
  const group = element("fieldset", {className: "stack tight"}, element("legend", {textContent: `${label}, which both of you changed (it was ${spelt(was)})`}))
  for (const [text, value, on] of [["Yours", mine, true], ["Theirs", now, false]]) {
    const radio = element("input", {type: "radio", name: `stays-${field.name}`, checked: on})
    radio.addEventListener("change", () => { field.value = value })
    group.append(element("label", {className: "check"}, radio, element("span", {className: "wrap", textContent: `${text}: ${spelt(value)}`})))
  }
  return group
}

function spelt(value) {
  return value.length > 400 ? `${value.slice(0, 400)}… (${value.length} letters)` : value || "nothing"
}

function element(tag, properties, ...inside) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...inside)
  return made
}
