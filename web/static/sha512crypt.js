// SHA-512 crypt ($6$) as U. Drepper described it (SHA-crypt, version 0.6): what pxeserve/answerfile/passwords.py makes, made in the browser.
// The digest is vendored; what is around it is short. Refuses to know where a password comes from, and keeps none.

const ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const ORDER = [
  [0, 21, 42], [22, 43, 1], [44, 2, 23], [3, 24, 45], [25, 46, 4], [47, 5, 26], [6, 27, 48], [28, 49, 7], [50, 8, 29], [9, 30, 51],
  [31, 52, 10], [53, 11, 32], [12, 33, 54], [34, 55, 13], [56, 14, 35], [15, 36, 57], [37, 58, 16], [59, 17, 38], [18, 39, 60],
  [40, 61, 19], [62, 20, 41],
]
const STEP = 16384

/** A salt of 16 letters that was never used before. */
export function salt() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => ITOA64[byte & 63]).join("")
}

/** The crypt string of `password`; `sha512` is the digest, `told` is called with the part that is done (0 to 1) now and then. */
export function sha512crypt(sha512, password, salted, rounds, told = () => {}) {
  const word = new TextEncoder().encode(password)
  const salt = new TextEncoder().encode(salted)
  const other = sha512(joined(word, salt, word))
  const begun = [word, salt, stretched(other, word.length)]
  for (let length = word.length; length; length >>= 1) begun.push(length & 1 ? other : word)
  let digest = sha512(joined(...begun))
  const p = stretched(sha512(joined(...Array(word.length).fill(word))), word.length)
  const s = stretched(sha512(joined(...Array(16 + digest[0]).fill(salt))), salt.length)
  const ways = Array.from({length: 42}, (_, round) => way(round, p, s))  // what is mixed in repeats after 2 * 3 * 7 rounds
  for (let round = 0; round < rounds; round++) {
    const {buffer, places} = ways[round % 42]
    for (const place of places) buffer.set(digest, place)
    digest = sha512(buffer)
    if (round % STEP === 0) told(round / rounds)
  }
  return `$6$${rounds === 5000 ? "" : `rounds=${rounds}$`}${salted}$${spelt(digest)}`
}

/** What one round digests: a buffer in which everything stands but the digest before, and the places of that. */
function way(round, p, s) {
  const empty = new Uint8Array(64)
  const parts = [round & 1 ? p : empty]
  if (round % 3) parts.push(s)
  if (round % 7) parts.push(p)
  parts.push(round & 1 ? empty : p)
  const places = []
  let at = 0
  for (const part of parts) {
    if (part === empty) places.push(at)
    at += part.length
  }
  return {buffer: joined(...parts), places}
}

function spelt(digest) {
  return ORDER.map(([a, b, c]) => letters(digest[a] << 16 | digest[b] << 8 | digest[c], 4)).join("") + letters(digest[63], 2)
}

function letters(value, count) {
  return Array.from({length: count}, (_, place) => ITOA64[value >> 6 * place & 63]).join("")
}

function stretched(bytes, length) {
  return Uint8Array.from({length}, (_, at) => bytes[at % bytes.length])
}

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) { all.set(part, at); at += part.length }
  return all
}
