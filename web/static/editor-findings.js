// What the linter found, as a list: what the installer does with a line, what to do about it, and the button that does it.

import {make} from "./editor-ask.js"

const KINDS = {error: "bad", warning: "look", info: "quiet"}
const ICONS = {error: "failed", warning: "look", info: "info"}
const WORDS = {error: "the installer stops here", warning: "it does something else than it looks like", info: "worth knowing"}
const VERDICTS = {accepted: ["good", "done", "The installer takes it"], surprising: ["look", "look", "Taken, with surprises"], refused: ["bad", "failed", "The installer refuses it"]}
const sprite = (document.querySelector(".icon use")?.getAttribute("href") ?? "/static/icons.svg").split("#")[0]

/** Show what the findings come to. */
export function verdictBadge(place, verdict, found) {
  const [kind, shape, text] = VERDICTS[verdict] ?? ["quiet", "info", "Not written yet"]
  place.className = `badge is-${kind}`
  place.replaceChildren(icon(shape), `${text}${found.length ? `: ${found.length} to know` : ""}`)
  place.dataset.verdict = verdict ?? ""
}

/** Show the findings; `show` goes to a place, `fix` puts it right. */
export function findingsList(place, found, {fix, show}) {
  if (!found.length) {
    place.replaceChildren(make("li", {class: "is-good"}, icon("done"), make("p", {class: "soft"}, "Nothing to know: the installer does what the file says.")))
    return
  }
  place.replaceChildren(...found.map(one => make("li", {class: `is-${KINDS[one.severity]}`, "data-code": one.code}, icon(ICONS[one.severity], WORDS[one.severity]),
    make("div", {class: "stack tight"},
      make("div", {class: "row"}, make("button", {type: "button", class: "plain small", onclick: () => show(one)}, `line ${one.line}, column ${one.column}`),
        make("span", {class: "soft small"}, `${one.code} · ${WORDS[one.severity]}`)),
      make("div", {class: "what"}, one.message),
      one.fix ? make("div", {class: "fix"}, one.fix) : null,
      make("div", {class: "row"}, one.fixable ? make("button", {type: "button", class: "small", onclick: () => fix(one)}, "Put it right") : null,
        make("span", {class: "soft small"}, one.source))))))
}

/** A shape of the sprite. */
export function icon(name, label = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("class", "icon")
  if (label) { svg.setAttribute("role", "img"); svg.setAttribute("aria-label", label) } else svg.setAttribute("aria-hidden", "true")
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  use.setAttribute("href", `${sprite}#${name}`)
  svg.append(use)
  return svg
}
