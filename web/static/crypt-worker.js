// Hashes a password beside the page, so that the page stays alive. It asks nobody anything, and ends when it has answered.

import {sha512} from "./vendor/sha512.js"
import {salt, sha512crypt} from "./sha512crypt.js"

addEventListener("message", event => {
  const {password, rounds} = event.data
  const hash = sha512crypt(sha512, password, salt(), rounds, done => postMessage({done}))
  postMessage({hash})
})
