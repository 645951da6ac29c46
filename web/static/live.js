// One live stream a page, as Server-Sent Events; where it cannot be had, the page asks every few seconds instead.
//
// Parts of a page that want to be fresh say so with hx-trigger: `live:hosts from:body` and the like. Here such an event is sent to the
// body for each kind that the stream names, bundled, so that a rack of forty machines is one request and not forty.

const POLL = 10_000
const BUNDLE = 1_000
const KINDS = ["hosts", "media", "doctor", "leases", "events", "jobs"]

const waiting = new Map()

/** Keep the page live; `indicator` shows how. */
export function listen(indicator) {
  if (!document.querySelector("[data-live], [hx-trigger*='live:']")) { indicator.hidden = true; return }
  let timer = null
  const say = (state, text) => { indicator.dataset.state = state; indicator.textContent = text }
  const poll = () => { if (!document.hidden) for (const kind of KINDS) send(kind) }
  const source = new EventSource("/live")
  source.addEventListener("open", () => {
    if (timer) { clearInterval(timer); timer = null; poll() }
    say("live", "live")
  })
  source.addEventListener("error", () => {
    say(source.readyState === EventSource.CLOSED ? "polling" : "lost", source.readyState === EventSource.CLOSED ? "every 10 s" : "connecting")
    timer ??= setInterval(poll, POLL)
  })
  for (const kind of KINDS) source.addEventListener(kind, event => send(kind, event.data))
  addEventListener("pagehide", () => source.close())
}

/** Tell the page of a kind of news, once a second at most and at once when it was quiet. */
function send(kind, data) {
  const held = waiting.get(kind)
  if (held) { held.again = true; return }
  const one = {again: false}
  waiting.set(kind, one)
  document.body.dispatchEvent(new CustomEvent(`live:${kind}`, {detail: {data}}))
  setTimeout(() => { waiting.delete(kind); if (one.again) send(kind, data) }, BUNDLE)
}
