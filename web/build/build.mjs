// Makes ../vendor (or the folder that is named) out of the packages that package-lock.json pins.
//
//     npm ci && node build.mjs [FOLDER]
//
// The result is committed, so nobody who uses or packs pxeserve needs node; tests/packaging/test_vendor.py builds it again and compares.
// `codemirror` is pinned to 6.0.2: 6.65.7 is CodeMirror 5 under a number of the 6 line. htmx stays at 2: 4 is another library.

import {createHash} from "node:crypto"
import {copyFile, mkdir, readFile, readdir, rm, writeFile} from "node:fs/promises"
import {dirname, join} from "node:path"
import {fileURLToPath} from "node:url"
import {build} from "esbuild"

const here = dirname(fileURLToPath(import.meta.url))
const out = process.argv[2] ?? join(here, "..", "vendor")
const packages = join(here, "node_modules")

// As their makers ship them.
const COPIED = {
  "htmx.min.js": "htmx.org/dist/htmx.min.js",
  "uplot.min.css": "uplot/dist/uPlot.min.css",
}

// Bundled and minified: a name in the vendor folder, and the module that is its beginning.
const BUNDLED = {
  "htmx-ext-json-enc.min.js": {entry: join(packages, "htmx-ext-json-enc/json-enc.js"), format: "iife"},
  "uplot.min.js": {entry: join(packages, "uplot/dist/uPlot.esm.js"), format: "esm"},
  "editor.js": {entry: join(here, "editor.js"), format: "esm"},
  "sha512.js": {entry: join(here, "sha512.js"), format: "esm"},
}

await rm(out, {recursive: true, force: true})
await mkdir(out, {recursive: true})
for (const [name, source] of Object.entries(COPIED)) await copyFile(join(packages, source), join(out, name))
const bundled = new Set()
for (const [name, {entry, format}] of Object.entries(BUNDLED)) {
  const options = {entryPoints: [entry], bundle: true, format, minify: true, target: "es2022", outfile: join(out, name), legalComments: "none"}
  const {metafile} = await build({...options, metafile: true, absWorkingDir: here, logLevel: "warning"})
  for (const input of Object.keys(metafile.inputs)) bundled.add(input.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
}
await writeFile(join(out, "LICENSES.txt"), await licences())
await writeFile(join(out, "SHA256SUMS.json"), JSON.stringify(await sums(), null, 2) + "\n")

// Every package of which something is shipped, with its version and its licence.
async function licences() {
  const copied = Object.values(COPIED).map(path => path.match(/^((?:@[^/]+\/)?[^/]+)\//)[1])
  const names = [...new Set([...bundled, ...copied])].filter(Boolean).sort()
  const texts = await Promise.all(names.map(async name => {
    const {version, license} = JSON.parse(await readFile(join(packages, name, "package.json"), "utf8"))
    const file = (await readdir(join(packages, name))).find(one => /^licen[cs]e/i.test(one))
    const text = file ? (await readFile(join(packages, name, file), "utf8")).trim() : ""
    return `${name} ${version} (${license})\n\n${text}\n`
  }))
  return texts.join(`\n${"-".repeat(80)}\n\n`)
}

async function sums() {
  const found = {}
  for (const name of (await readdir(out)).sort()) {
    if (name !== "SHA256SUMS.json") found[name] = createHash("sha256").update(await readFile(join(out, name))).digest("hex")
  }
  return found
}
