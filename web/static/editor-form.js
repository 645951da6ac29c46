// The form: drawn from the fields that the server describes, it knows none of them by name. It reads and writes values by their paths.

import {make} from "./editor-ask.js"
import {passwordField} from "./editor-secret.js"

const NOTHING = new Set([undefined, null, ""])

/** The value at a path of `answers`; a text that is short for a table counts as its `short` key. */
export function valueAt(answers, field) {
  const [table, key] = field.path.split(".")
  const found = answers[table]
  if (key === undefined) return found
  if (found !== null && typeof found === "object") return found[key]
  return field.short ? found : undefined
}

/** Put a value at a path, or take it away. `short` tells of each table which key a text stands for. */
export function putAt(answers, field, value, short) {
  const [table, key] = field.path.split(".")
  const empty = NOTHING.has(value) || (typeof value === "object" && !Object.keys(value).length)
  if (key === undefined) {
    if (empty) delete answers[table]; else answers[table] = value
    return
  }
  const was = answers[table]
  const inner = was !== null && typeof was === "object" ? {...was} : NOTHING.has(was) || !short[table] ? {} : {[short[table]]: was}
  if (empty) delete inner[key]; else inner[key] = value
  if (Object.keys(inner).length) answers[table] = inner; else delete answers[table]
}

/** The form within `place`. `changed(path)` is called when somebody changes a field. */
export function form(place, changed) {
  let fields = [], controls = new Map(), opened = null, short = {}

  return {
    /** Draw it for one generation. */
    draw(described, mode, context) {
      opened = context
      fields = described.groups.flatMap(group => group.fields)
      short = Object.fromEntries(fields.filter(one => one.short).map(one => one.path.split(".")))
      controls = new Map()
      const lists = Object.entries(context?.known ?? {}).map(([path, names]) => make("datalist", {id: `known-${path}`}, ...names.map(name => make("option", {value: name}))))
      place.replaceChildren(...lists, ...described.groups.map(group => drawn(group, described, mode)).filter(Boolean))
    },

    /** Show these values; a field in which somebody is writing is left alone. */
    show(answers) {
      for (const field of fields) {
        const one = controls.get(field.path)
        if (!one.element.contains(document.activeElement)) one.control.show(valueAt(answers, field))
        tell(one, valueAt(answers, field))
      }
      for (const group of place.querySelectorAll("[data-group]")) {
        group.hidden = ![...group.querySelectorAll("[data-field]")].some(one => !one.hidden)
      }
    },

    /** What it says, on top of `answers`, which is changed. */
    read(answers, path) {
      const field = fields.find(one => one.path === path)
      const one = controls.get(path)
      putAt(answers, field, one.control.value(), short)
      tell(one, valueAt(answers, field))
      return answers
    },

    /** Say beneath the fields what is wrong with them, what their installer cannot be told and what it still needs. */
    say({problems = [], lost = [], missing = [], left = []}) {
      const found = new Map(fields.map(one => [one.path, []]))
      const put = (path, kind, text) => {
        const at = found.has(path) ? path : [...found.keys()].find(one => one.startsWith(`${path}.`)) ?? [...found.keys()].find(one => path.startsWith(`${one}.`))
        found.get(at)?.push([kind, text])
      }
      for (const one of problems) put(one.field, "error", one.message)
      for (const one of left) put(one.field, "error", `The file says ${one.value}. It cannot be kept: ${one.why}`)
      for (const one of lost) put(one.field, one.fix ? "error" : "look", `${one.why}; ${one.instead}${one.fix ? `: ${one.fix}` : ""}`)
      for (const one of missing) put(one.field, "look", "Needed, and not said yet.")
      for (const [path, said] of found) {
        const {words, control} = controls.get(path)
        words.replaceChildren(...said.map(([kind, text]) => make("p", {class: kind === "error" ? "error" : "hint is-look"}, text)))
        for (const input of control.inputs()) {
          if (said.some(([kind]) => kind === "error")) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid")
        }
      }
    },

    /** Go to a field. */
    go(path) { controls.get(path)?.control.inputs()[0]?.focus() },
  }

  function drawn(group, described, mode) {
    const inside = group.fields.map(field => one(field, described, mode))
    return make("fieldset", {class: "editor-group", "data-group": group.name}, make("legend", {}, group.name), make("div", {class: "fields"}, ...inside))
  }

  function one(field, described, mode) {
    const id = `v-${field.path.replaceAll(".", "-")}`
    const words = make("div", {class: "said", id: `${id}-said`})
    const badge = make("span", {class: "origin"})
    const control = KINDS[field.kind](field, id, () => changed(field.path), described, opened?.known?.[field.path] ?? [])
    const many = control.inputs().length !== 1 || ["table", "rows", "scripts", "password"].includes(field.kind)
    const label = many ? make("span", {class: "label", id: `${id}-label`}, field.label) : make("label", {for: id}, field.label)
    const read = field.modes.includes(mode)
    const more = [...field.installer, field.default && `left out: ${field.default}`, !read && field.known && `not read in mode ${mode}`].filter(Boolean)
    const element = make("div", {class: `field${WIDE.has(field.kind) ? " wide" : ""}`, "data-field": field.path, role: many ? "group" : null,
      "aria-labelledby": many ? `${id}-label` : null},
      make("div", {class: "editor-label"}, label, field.required.includes(mode) ? make("span", {class: "needed", title: "the installer stops without it"}, "needed") : null, badge),
      control.element,
      make("div", {class: "hint", id: `${id}-hint`}, field.help, " ", more.length ? make("details", {class: "more"}, make("summary", {"aria-label": `What the installer makes of it: ${field.label}`}, "more"),
        make("ul", {}, ...more.map(text => make("li", {}, text)), make("li", {}, "In the file: ", make("code", {}, field.element ? `<${field.element}>${field.attribute ? ` ${field.attribute}` : ""}` : "nothing")))) : null),
      words)
    for (const input of control.inputs()) input.setAttribute("aria-describedby", `${id}-hint ${id}-said`)
    controls.set(field.path, {field, element, control, words, badge})
    return element
  }

  /** Who says a value: inherited, or its own; and what is strange about it. */
  function tell({field, element, badge}, value) {
    const nothing = NOTHING.has(value) || (typeof value === "object" && !Object.keys(value).length)
    element.hidden = !field.known && nothing
    const said = []
    if (!field.known && !nothing) said.push(make("span", {class: "tag is-look"}, field.why))
    if (opened && opened.what !== "file") {
      const below = valueAt(opened.inherited, field)
      const layer = opened.origins[field.path] ?? opened.origins[field.path.split(".")[0]]
      if (!nothing && alike(below, value)) said.push(make("span", {class: "tag"}, layer ? `from ${layer}` : "pxeserve's own"))
      else if (layer !== undefined && !NOTHING.has(below)) {
        said.push(make("button", {type: "button", class: "plain small", title: `${layer} says ${spelt(below)}`,
          onclick: () => { controls.get(field.path).control.show(below); changed(field.path) }}, `${nothing ? "taken away" : "own"}; take ${layer}'s`))
      } else if (!nothing && opened.what !== "site") said.push(make("span", {class: "tag is-own"}, "own"))
    }
    badge.replaceChildren(...said)
  }
}

const WIDE = new Set(["rows", "scripts", "table", "password"])

function spelt(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

function alike(one, other) {
  const plain = value => value === "yes" || value === "true" ? true : value === "no" || value === "false" ? false : value
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other))
}

// -- how each kind of value is entered: `show` a value, give the `value`, name its `inputs` --------------------------------------------

const KINDS = {text, number: text, choice, "yes-no": yesNo, list, table, rows, scripts, password: passwordField}

function text(field, id, changed) {
  const input = make("input", {id, type: "text", placeholder: field.example ? `such as ${field.example}` : null, maxlength: "1024", spellcheck: "false",
    autocapitalize: "off", inputmode: field.kind === "number" ? "numeric" : null, list: field.path ? `known-${field.path}` : null, oninput: changed})
  return {element: input, inputs: () => [input], value: () => input.value.trim(), show: value => { input.value = NOTHING.has(value) ? "" : spelt(value) }}
}

function choice(field, id, changed) {
  const select = make("select", {id, onchange: changed})
  const fill = value => {
    const strange = !NOTHING.has(value) && !field.words.includes(value)
    select.replaceChildren(make("option", {value: ""}, field.default ? `not said (${field.default})` : "not said"),
      ...field.words.map(word => make("option", {value: word}, word)), ...(strange ? [make("option", {value}, `${value} (this installer does not know it)`)] : []))
    select.value = NOTHING.has(value) ? "" : value
  }
  fill("")
  return {element: select, inputs: () => [select], value: () => select.value, show: value => fill(NOTHING.has(value) ? "" : spelt(value))}
}

function yesNo(field, id, changed) {
  const select = make("select", {id, onchange: changed}, make("option", {value: ""}, field.default ? `not said (${field.default})` : "not said"),
    make("option", {value: "yes"}, "yes"), make("option", {value: "no"}, "no"))
  return {element: select, inputs: () => [select], value: () => select.value === "" ? "" : select.value === "yes",
    show: value => { select.value = NOTHING.has(value) ? "" : [true, "yes", "true"].includes(value) ? "yes" : "no" }}
}

function lines(value) {
  return NOTHING.has(value) ? [] : Array.isArray(value) ? value.map(spelt) : [spelt(value)]
}

function area(id, changed, label, example) {
  const box = make("textarea", {id, rows: "2", spellcheck: "false", autocapitalize: "off", "aria-label": label, placeholder: example ? `such as ${example}, one a line` : "one a line", oninput: changed})
  return {box, read: () => box.value.split("\n").map(one => one.trim()).filter(Boolean), show: value => {
    const said = lines(value)
    if (said.join("\n") !== box.value.trim()) box.value = said.join("\n")
    box.rows = Math.max(2, said.length + 1)
  }}
}

function list(field, id, changed) {
  const {box, read, show} = area(id, changed, null, field.example)
  return {element: box, inputs: () => [box], value: read, show}
}

function scripts(field, id, changed, _described, names) {
  const parts = field.words.map(stage => ({stage, ...area(`${id}-${stage}`, changed, `${field.label} at ${stage}`)}))
  const strange = {}
  return {
    element: make("div", {class: "fields"}, ...parts.map(({stage, box}) => make("label", {class: "stack tight"}, make("span", {class: "small"}, stage), box)),
      names.length ? make("p", {class: "hint wide"}, `Scripts of this server: ${names.join(", ")}`) : null),
    inputs: () => parts.map(({box}) => box),
    value: () => ({...strange, ...Object.fromEntries(parts.map(({stage, read}) => [stage, read()]).filter(([, said]) => said.length))}),
    show: value => {
      for (const key of Object.keys(strange)) delete strange[key]
      for (const [stage, said] of Object.entries(value ?? {})) if (!field.words.includes(stage)) strange[stage] = said
      for (const {stage, show} of parts) show(value?.[stage])
    },
  }
}

/** Rows that can be added and taken away; `draw` makes one of them. */
function several(id, label, changed, draw) {
  const body = make("div", {class: "stack tight"})
  const made = []
  const add = value => {
    const row = draw(value)
    const out = make("button", {type: "button", class: "plain small", "aria-label": `Take away this one of ${label}`, onclick: () => { made.splice(made.indexOf(row), 1); line.remove(); changed() }}, "remove")
    const line = make("div", {class: "editor-row"}, ...row.parts, out)
    row.line = line
    made.push(row)
    body.append(line)
    return row
  }
  const more = make("button", {type: "button", class: "small", id, onclick: () => { add(undefined).parts[0].querySelector?.("input, select, textarea")?.focus() }}, "Add one")
  return {
    element: make("div", {class: "stack tight"}, body, more),
    inputs: () => [...body.querySelectorAll("input, select, textarea"), more],
    rows: () => made,
    show: values => { made.length = 0; body.replaceChildren(); for (const one of values) add(one) },
  }
}

function table(field, id, changed) {
  const control = several(id, field.label, changed, pair => {
    const name = make("input", {type: "text", value: pair?.[0] ?? "", placeholder: field.example ? `such as ${field.example}` : "name", "aria-label": `${field.label}: name`, oninput: changed})
    const value = field.words.length ? make("select", {"aria-label": `${field.label}: what`, onchange: changed}, ...field.words.map(word => make("option", {value: word}, word)))
      : make("input", {type: "text", "aria-label": `${field.label}: which`, oninput: changed})
    if (pair) value.value = typeof pair[1] === "boolean" ? field.words[pair[1] ? 0 : 1] : spelt(pair[1])
    return {parts: [make("span", {class: "cell"}, name), make("span", {class: "cell"}, value)], read: () => [name.value.trim(), value.value]}
  })
  return {...control, value: () => Object.fromEntries(control.rows().map(row => row.read()).filter(([name]) => name)), show: value => control.show(Object.entries(value ?? {}).filter(([, one]) => one !== null))}
}

function rows(field, id, changed) {
  const single = field.columns[0].key
  const control = several(id, field.label, changed, row => {
    const said = row !== undefined && (row === null || typeof row !== "object") ? {[single]: row} : row ?? {}
    const place = said.medium !== undefined ? "medium" : single
    const cells = field.columns.filter(one => one.known || said[one.key] !== undefined).map(one => {
      const kind = KINDS[one.kind]({...one, path: one.key === single ? field.path : null, default: "", example: "", words: one.words}, null, changed)
      const value = one.key === single && place === "medium" ? said.medium : said[one.key]
      kind.show(Array.isArray(value) && one.kind === "text" ? value.join(" ") : value)
      for (const input of kind.inputs()) { input.removeAttribute("id"); input.setAttribute("aria-label", `${field.label}: ${one.label}`); if (!input.placeholder) input.setAttribute("placeholder", one.label) }
      return {key: one.key, kind, element: make("span", {class: "cell"}, kind.element)}
    })
    const read = () => {
      const found = Object.fromEntries(cells.map(({key, kind}) => [key, kind.value()]).filter(([, value]) => !NOTHING.has(value) && !(Array.isArray(value) && !value.length)))
      const keys = Object.keys(found)
      if (single === "address" && keys.length > 1 && /^[A-Za-z0-9][\w.-]*$/.test(found.address ?? "")) { found.medium = found.address; delete found.address }
      return keys.length === 1 && keys[0] === single && single === "address" ? found[single] : found
    }
    return {parts: cells.map(one => one.element), read}
  })
  return {...control, value: () => control.rows().map(row => row.read()).filter(one => typeof one === "string" || Object.keys(one).length),
    show: value => control.show(Array.isArray(value) ? value : NOTHING.has(value) ? [] : [value])}
}
