// Root passwords in the editor. Plain text goes from here to the worker that hashes it, and nowhere else: what is sent to the server has
// stars in its place, as many as it has letters, so that every finding stays where it is.

const ELEMENT = /(<root-password\b[^>]*>)([\s\S]*?)(?=<\/|$)/g
const TOLD = /^(\$|!!)|^[*!]+$/

/** The file with stars in the place of a password in plain text. */
export function masked(text) {
  return text.replace(ELEMENT, (all, tag, inside) => tag.endsWith("/>") || isTold(inside) ? all : tag + inside.replace(/[^\n\r]/g, "*"))
}

/** The password in plain text of a file, as it stands there; null where there is none. */
export function plain(text) {
  for (const [, tag, inside] of text.matchAll(ELEMENT)) if (!tag.endsWith("/>") && !isTold(inside)) return inside
  return null
}

/** A new file of the server's in which the stars become again what they stood for. */
export function unmasked(text, password) {
  if (password === null) return text
  return text.replace(ELEMENT, (all, tag, inside) => /^\*+$/.test(inside) && inside.length === password.length ? tag + password : all)
}

function isTold(inside) {
  return !inside.trim() || TOLD.test(inside.trim())
}

/** What keeps it from being a password, in words; "" when nothing does. `limits` are the server's. */
export function fault(password, {shortest, longest}) {
  if ([...password].length < shortest) return `A root password has ${shortest} characters at least.`
  if (new TextEncoder().encode(password).length > longest) return `A root password has ${longest} bytes at most.`
  return /[\u0000-\u001f\u007f-\u009f]/.test(password) ? "A root password holds no control characters." : ""
}

/** Its hash, made in a worker; `told` hears the part that is done. */
export function hashed(password, rounds, told) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./crypt-worker.js", import.meta.url), {type: "module"})
    worker.addEventListener("message", ({data}) => {
      if (data.hash === undefined) { told(data.done); return }
      worker.terminate()
      resolve(data.hash)
    })
    worker.addEventListener("error", event => { worker.terminate(); reject(new Error(event.message || "the password could not be hashed")) })
    worker.postMessage({password, rounds})
  })
}
