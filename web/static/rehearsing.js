// A rehearsal as it is walked: the server sends a line of JSON for each step as it ends.

import {send} from "./session.js"
import {explain, toast} from "./toasts.js"

const form = document.getElementById("rehearse")
const body = document.querySelector("#walked tbody")
const verdict = document.getElementById("verdict")

form?.addEventListener("submit", async event => {
  event.preventDefault()
  const button = form.querySelector("button")
  button.disabled = true
  body.replaceChildren()
  verdict.replaceChildren()
  document.getElementById("walked").hidden = false
  try { await walk(form.dataset.path, form.elements.firmware.value) }
  catch { toast("bad", "The rehearsal was cut off.", "try it again") }
  button.disabled = false
})

async function walk(path, firmware) {
  const answer = await send(path, {method: "POST", body: {firmware}})
  if (!answer.ok) {
    const {detail, fix} = explain(await answer.text(), answer.status)
    toast("bad", detail, fix)
    return
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ""
  for (;;) {
    const {value, done} = await reader.read()
    const lines = (rest + (value ?? "")).split("\n")
    rest = lines.pop()
    for (const line of lines) if (line) show(JSON.parse(line))
    if (done) return
  }
}

function show({begun, step, report, problem}) {
  if (begun) verdict.replaceChildren(line("soft", `${begun.host} as ${begun.firmware}${begun.heard ? `: ${begun.heard}` : ""}`))
  if (step) body.append(row(step))
  if (problem) verdict.replaceChildren(flash("bad", problem.detail, problem.fix))
  if (report) verdict.replaceChildren(...told(report))
}

function row(step) {
  const tr = document.createElement("tr")
  if (!step.ok) tr.className = "bad"
  const what = cell(step.text, "wrap")
  if (step.fix) what.append(line("fix", step.fix))
  const name = cell(step.name, "nowrap")
  name.prepend(mark(step.ok))
  tr.append(cell(String(step.boot), "num"), name, what, cell(`${step.seconds.toFixed(3)} s`, "num nowrap soft"), cell(step.bytes ? step.bytes.toLocaleString() : "", "num nowrap soft"))
  return tr
}

function told(report) {
  const found = [flash(report.ok ? "good" : "bad", report.verdict, report.prediction?.fix ?? "")]
  for (const one of report.also) found.push(flash("look", `${one.step}: ${one.text}`, one.fix))
  if (report.not_walked.length) {
    const list = document.createElement("ul")
    list.className = "stack tight small soft"
    for (const one of report.not_walked) list.append(Object.assign(document.createElement("li"), {textContent: one}))
    found.push(line("soft", "Not walked:"), list)
  }
  return found
}

function cell(text, name) {
  return Object.assign(document.createElement("td"), {textContent: text, className: name})
}

function line(name, text) {
  return Object.assign(document.createElement("div"), {className: name, textContent: text})
}

function flash(kind, text, fix) {
  const box = Object.assign(document.createElement("div"), {className: `flash is-${kind}`})
  const words = document.createElement("div")
  words.append(Object.assign(document.createElement("b"), {textContent: text}))
  if (fix) words.append(line("fix", fix))
  box.append(mark(kind === "good", kind), words)
  return box
}

function mark(ok, kind = ok ? "good" : "bad") {
  const sprite = document.querySelector(".icon use").getAttribute("href").split("#")[0]
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("class", `icon is-${kind}`)
  svg.setAttribute("role", "img")
  svg.setAttribute("aria-label", ok ? "went well" : "did not go well")
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  use.setAttribute("href", `${sprite}#${{good: "done", bad: "failed", look: "look"}[kind]}`)
  svg.append(use)
  return svg
}
