// The word that every change carries beside the cookie.

/** As the page was given it. */
export function csrf() {
  return document.querySelector("meta[name=csrf]")?.content ?? ""
}

/** Headers of a request that changes something. */
export function headers() {
  return {"Content-Type": "application/json", "Accept": "application/json", "X-CSRF": csrf()}
}
