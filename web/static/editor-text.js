// The file: CodeMirror in a shadow of its own, since the console's policy allows no style within the page. It knows no element: which there
// are, and what is wrong with them, is told by the server.

import {
  EditorState, EditorView, HighlightStyle, autocompletion, basicSetup, keymap, lintGutter, setDiagnostics, syntaxHighlighting, tags, xml,
  Compartment,
} from "./vendor/editor.js"

const SEVERITY = {error: "error", warning: "warning", info: "info"}
const look = EditorView.theme({
  "&": {height: "100%", color: "var(--ink)", backgroundColor: "var(--surface)", fontSize: "0.8125rem"},
  "&.cm-focused": {outline: "2px solid var(--accent)", outlineOffset: "-2px"},
  ".cm-scroller": {fontFamily: "var(--mono)", lineHeight: "1.55"},
  ".cm-content": {caretColor: "var(--ink)"},
  ".cm-cursor": {borderLeftColor: "var(--ink)"},
  ".cm-gutters": {backgroundColor: "var(--sunken)", color: "var(--ink-3)", border: "none"},
  ".cm-activeLine": {backgroundColor: "color-mix(in srgb, var(--accent-tint) 45%, transparent)"},
  ".cm-activeLineGutter": {backgroundColor: "var(--accent-tint)", color: "var(--ink)"},
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {backgroundColor: "var(--accent-tint)"},
  ".cm-tooltip": {backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line-strong)", borderRadius: "6px"},
  ".cm-tooltip-autocomplete ul li[aria-selected]": {backgroundColor: "var(--accent)", color: "var(--accent-ink)"},
  ".cm-completionDetail": {color: "inherit", fontStyle: "normal", opacity: "0.85"},
  ".cm-diagnostic": {padding: "0.375rem 0.625rem", maxWidth: "34rem", whiteSpace: "normal", borderLeftWidth: "4px"},
  ".cm-diagnosticAction": {backgroundColor: "var(--accent)", color: "var(--accent-ink)", borderRadius: "4px", font: "inherit", padding: "0 0.5rem"},
  ".cm-panels": {backgroundColor: "var(--sunken)", color: "var(--ink)"},
  ".cm-foldPlaceholder": {backgroundColor: "var(--sunken)", color: "var(--ink-2)", border: "1px solid var(--line)"},
})
const colours = syntaxHighlighting(HighlightStyle.define([
  {tag: tags.tagName, color: "var(--accent)"},
  {tag: tags.attributeName, color: "var(--amber-ink)"},
  {tag: tags.attributeValue, color: "var(--green-ink)"},
  {tag: [tags.comment, tags.processingInstruction], color: "var(--ink-3)"},
  {tag: tags.angleBracket, color: "var(--ink-3)"},
  {tag: tags.invalid, color: "var(--red-ink)"},
]))

/** The editor within `place`. `changed` is called when somebody types in it, `fix` with a finding that is to be put right. */
export function textEditor(place, changed, fix) {
  const root = place.attachShadow({mode: "open"})
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(":host { display: block; height: 100%; } .holder { height: 100%; }")
  root.adoptedStyleSheets = [sheet]
  const holder = document.createElement("div")
  holder.className = "holder"
  root.append(holder)
  const words = new Compartment(), writable = new Compartment()
  let ours = false
  const view = new EditorView({
    root, parent: holder,
    state: EditorState.create({doc: "", extensions: [
      basicSetup, words.of(xml()), lintGutter(), look, colours, autocompletion(), writable.of([]), keymap.of([]),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({"aria-label": "The answerfile, as XML", spellcheck: "false", autocapitalize: "off", translate: "no"}),
      EditorView.updateListener.of(update => { if (update.docChanged && !ours) changed() }),
    ]}),
  })
  return {
    view,
    text: () => view.state.doc.toString(),

    /** Put another text there: only what differs is exchanged, so that the cursor stays, and no word of it comes back as typed. */
    put(text) {
      const change = difference(view.state.doc.toString(), text)
      if (!change) return
      ours = true
      try { view.dispatch({changes: change}) } finally { ours = false }
    },

    /** The same, as if it had been typed. */
    exchange(text) {
      const change = difference(view.state.doc.toString(), text)
      if (change) view.dispatch({changes: change})
    },

    /** Which elements and words are completed. */
    complete(elements) {
      const said = elements.map(one => ({
        name: one.name, top: one.top, children: one.children, textContent: one.words,
        attributes: one.attributes.map(({name, words}) => ({name, values: words})),
        completion: {detail: one.means},
      }))
      view.dispatch({effects: words.reconfigure(xml({elements: said}))})
    },

    /** Mark findings, each with its explanation and the button that puts it right. */
    mark(findings) {
      const {doc} = view.state
      const marks = findings.map(one => {
        const from = at(doc, one.line, one.column)
        const actions = one.fixable ? [{name: "Put it right", apply: () => fix(one)}] : []
        const message = [one.message, one.fix && `→ ${one.fix}`].filter(Boolean).join("\n")
        return {from, to: end(doc, from), severity: SEVERITY[one.severity] ?? "info", message, source: one.code, actions}
      })
      view.dispatch(setDiagnostics(view.state, marks.sort((a, b) => a.from - b.from)))
    },

    /** Show a place. */
    show(line, column) {
      const place = at(view.state.doc, line, column)
      view.dispatch({selection: {anchor: place}, effects: EditorView.scrollIntoView(place, {y: "center"})})
      view.focus()
    },

    lock(locked) { view.dispatch({effects: writable.reconfigure(locked ? EditorState.readOnly.of(true) : [])}) },
  }
}

/** Where two texts begin and cease to differ. */
function difference(before, after) {
  if (before === after) return null
  const most = Math.min(before.length, after.length)
  let from = 0
  while (from < most && before[from] === after[from]) from++
  let same = 0
  while (same < most - from && before[before.length - 1 - same] === after[after.length - 1 - same]) same++
  return {from, to: before.length - same, insert: after.slice(from, after.length - same)}
}

/** The offset of a line and a column, both from 1; a column is a character of Unicode. */
function at(doc, line, column) {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines))
  let offset = 0
  for (let left = column - 1; left > 0 && offset < found.length; left--) offset += found.text.codePointAt(offset) > 0xffff ? 2 : 1
  return found.from + Math.min(offset, found.length)
}

/** The end of the word that begins there, or of its start tag's name. */
function end(doc, from) {
  const line = doc.lineAt(from)
  const word = /^(<\/?[^\s<>/]+|[^\s<>="]+|.)/.exec(line.text.slice(from - line.from))
  return word ? from + word[0].length : line.to
}
