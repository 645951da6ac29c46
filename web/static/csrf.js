// The word that every change carries beside the cookie.

/** As the page was given it. */
export function csrf() {
  return document.querySelector("meta[name=csrf]")?.content ?? ""
}

/** Headers of a request that changes something. */
export function headers() {
  return {"Content-Type": "application/json", "Accept": "application/json", "X-CSRF": csrf()}
}

/** From now on it is another one: the session goes on under a new cookie. */
export function renew(word) {
  document.querySelector("meta[name=csrf]").content = word
  document.body.setAttribute("hx-headers", JSON.stringify({"X-CSRF": word}))
}
