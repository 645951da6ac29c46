// What opens beside the editor: another installer, a preview for a host with what is different from the file it was last given, the history.

import {ask, make, moment} from "./editor-ask.js"
import {masked, plain, unmasked} from "./editor-password.js"
import {toast} from "./toasts.js"

const by = id => document.getElementById(id)

/** The panels of an editor; `editor` holds what they need of it. */
export function panels(editor) {
  by("open-convert").addEventListener("click", () => convert(by("convert-to").value))
  by("convert-to").addEventListener("change", event => convert(event.target.value))
  by("convert-take").addEventListener("click", take)
  by("open-preview")?.addEventListener("click", () => { by("preview").showModal(); if (by("preview-host").value) preview() })
  by("preview-show")?.addEventListener("click", preview)
  by("preview-mode")?.addEventListener("change", preview)
  by("preview-host")?.addEventListener("keydown", event => { if (event.key === "Enter") preview() })
  by("open-history")?.addEventListener("click", () => { by("history").showModal(); history() })
  let converted = null

  /** What would change for the installers of another generation. */
  async function convert(target) {
    const told = by("convert-told")
    by("convert-from").textContent = by("dialect").selectedOptions[0].textContent
    by("convert-to").value = target
    by("convert-take").disabled = true
    if (!by("convert").open) by("convert").showModal()
    await editor.ready()
    const text = editor.file.text(), secret = plain(text), {dialect} = editor.now
    if (target === dialect) { told.replaceChildren(make("p", {class: "soft"}, "That is the one it is for now. Choose another one.")); return }
    told.replaceChildren(make("p", {class: "soft"}, "Comparing…"))
    try {
      const done = await ask("/drafts/convert", {source: dialect, target, text: masked(text)}).catch(error => {
        if (error.code !== "refused" || editor.what === "file") throw error
        return ask("/drafts/convert", {source: dialect, target, draft: editor.draft(), medium: by("editor").dataset.medium || null})
      })
      converted = {target, text: done.text === null ? null : unmasked(done.text, secret)}
      told.replaceChildren(...done.faults.map(one => make("p", {class: "flash is-bad"}, one)), changes(done.changes))
      by("convert-take").disabled = done.text === null
    } catch (error) {
      told.replaceChildren(make("p", {class: "flash is-bad"}, `${error.detail} ${error.fix}`))
    }
  }

  async function take() {
    by("convert").close()
    await editor.take(converted.target, editor.what === "file" ? converted.text : null)
    toast("quiet", `Shown as ${by("dialect").selectedOptions[0].textContent} reads it`, editor.what === "file" ? "" : "Which installer hosts get is said by their medium; what is saved are the answers.")
  }

  async function preview() {
    const told = by("preview-told"), host = by("preview-host").value.trim()
    told.replaceChildren(make("p", {class: "soft"}, "Writing…"))
    await editor.ready()
    try {
      const done = await ask("/drafts/preview", {host, mode: by("preview-mode").value, what: editor.what, name: editor.name, answers: editor.now.answers})
      told.replaceChildren(...previewed(done))
    } catch (error) {
      told.replaceChildren(make("p", {class: "flash is-bad"}, `${error.detail} ${error.fix}`))
    }
  }

  async function history() {
    const told = by("history-told")
    told.replaceChildren(make("p", {class: "soft"}, "Reading…"))
    try {
      const found = await ask(`/history?${new URLSearchParams({what: editor.what, name: editor.name})}`)
      told.replaceChildren(found.length ? make("ol", {class: "notes"}, ...found.map(entry)) : make("p", {class: "soft"}, "Nothing was changed yet since changes are remembered."))
    } catch (error) {
      told.replaceChildren(make("p", {class: "flash is-bad"}, `${error.detail} ${error.fix}`))
    }
  }

  function entry(one) {
    const more = make("div", {})
    const button = make("button", {type: "button", class: "small", onclick: () => look(one, more)}, "What going back to this would change")
    return make("li", {class: "is-quiet"}, make("span", {}), make("div", {class: "stack tight"},
      make("div", {class: "row"}, make("b", {}, one.who || "before"), moment(one.at), make("span", {class: "soft small"}, one.action), one.now ? make("span", {class: "tag"}, "as it is now") : null),
      one.note ? make("div", {}, `“${one.note}”`) : null,
      make("div", {class: "wrap"}, bare(one.changes) || "nothing was different"),
      one.now ? null : make("div", {class: "row"}, button), more))
  }

  async function look(one, place) {
    try {
      const shown = await ask(`/history/${one.id}`)
      place.replaceChildren(make("p", {class: "lost"}, bare(shown.changes) || "Nothing: it is as it is now."),
        editor.maySave && shown.changes ? make("button", {type: "button", class: "primary small", onclick: () => restore(one)}, "Go back to it") : "")
    } catch (error) {
      place.replaceChildren(make("p", {class: "flash is-bad"}, `${error.detail} ${error.fix}`))
    }
  }

  async function restore(one) {
    try {
      const done = await ask(`/history/${one.id}/restore`, {})
      by("history").close()
      await editor.again()
      toast("good", `Back as it was: ${bare(done.changes)}`, done.notes.join(" "))
    } catch (error) {
      toast("bad", error.detail, error.fix)
    }
  }

  return {convert}
}

/** A difference without whose it is, which everybody here knows. */
function bare(difference) {
  return difference.replace(/^~ [^:]*: /, "")
}

function changes(found) {
  if (!found.length) return make("p", {class: "flash is-good"}, "Nothing: the same words do the same there.")
  return make("table", {class: "stacks"}, make("thead", {}, make("tr", {}, ...["What", "Of", "Before", "After", "Why"].map(one => make("th", {scope: "col"}, one)))),
    make("tbody", {}, ...found.map(one => make("tr", {}, make("td", {}, make("b", {}, one.kind)), make("td", {"data-label": "Of", class: "wrap"}, one.field),
      make("td", {"data-label": "Before", class: "wrap"}, one.old || "–"), make("td", {"data-label": "After", class: "wrap"}, one.new || "–"), make("td", {"data-label": "Why", class: "wrap"}, one.why)))))
}

function previewed(done) {
  const said = done.warnings.map(one => make("p", {class: "flash is-look"}, one))
  const differs = done.differs.filter(one => one.sign !== " ").length
  const last = done.last
  const when = last ? make("p", {}, last.delivered_at ? "Last delivered " : "Never delivered; last armed ", moment(last.delivered_at ?? last.armed_at), ` (armed by ${last.who}): `,
    make("b", {}, differs ? `${differs} ${differs === 1 ? "line differs" : "lines differ"}` : "the same file, word for word"), ".") : make("p", {class: "soft"}, "It was not armed since files are remembered, so there is nothing to compare it with.")
  const lines = last ? done.differs : done.text.split("\n").map(text => ({sign: " ", text}))
  const words = {"-": "only then", "+": "only now"}
  return [...said, when, make("pre", {class: "diff", tabindex: "0", "aria-label": `The answerfile of ${done.host}, its password hidden`},
    ...lines.map(one => one.sign === " " ? `  ${one.text}\n` : make(one.sign === "-" ? "del" : "ins", {}, make("span", {class: "sr"}, `${words[one.sign]}: `), `${one.sign} ${one.text}\n`)))]
}
