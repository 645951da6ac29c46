// One live stream a page, as Server-Sent Events; where it cannot be had, the page asks every few seconds instead.
//
// The stream tells each event of the record (`record`), and that too much was missed (`reset`). Parts of a page that want to be fresh say so
// with hx-trigger="live:hosts from:body", or media, doctor, leases, events. Here such news is told to the body, bundled: a rack of forty
// machines is one request and not forty. A page about one host or rack follows that alone: its body says data-live="host=NAME"; and the
// newest event from before anything of it was read, data-seen="ID", so that nothing is missed before the stream is there.

const POLL = 10_000
const BUNDLE = 1_500
const KINDS = ["hosts", "media", "doctor", "leases", "events"]

const waiting = new Map()

/** Which news an event of the record is. */
function newsOf({kind, host, mac}) {
  const room = kind.split(".")[0]
  const found = ["events"]
  if (host || mac || room === "install") found.push("hosts")
  if (room === "medium" || room === "import") found.push("media")
  if (room === "doctor") found.push("doctor")
  if (room === "dhcp") found.push("leases")
  return found
}

/** Keep the page live; `indicator` shows how. */
export function listen(indicator) {
  if (!document.querySelector("[data-live-part], [hx-trigger*='live:']")) { indicator.hidden = true; return }
  const {live: topic, seen} = document.body.dataset
  const address = `/live?${[topic, seen && `since=${seen}`].filter(Boolean).join("&")}`
  let timer = null
  const say = (state, text) => { indicator.dataset.state = state; indicator.textContent = text }
  const all = () => { if (!document.hidden) for (const kind of KINDS) send(kind) }
  let source
  const open = () => {
    source = new EventSource(address)
    source.addEventListener("open", () => {
      if (timer) { clearInterval(timer); timer = null; all() }
      say("live", "live")
    })
    source.addEventListener("error", () => {
      const closed = source.readyState === EventSource.CLOSED
      say(closed ? "polling" : "lost", closed ? `every ${POLL / 1000} s` : "connecting")
      timer ??= setInterval(all, POLL)
    })
    source.addEventListener("record", event => {
      const row = JSON.parse(event.data)
      for (const kind of newsOf(row)) send(kind, row)
    })
    source.addEventListener("reset", all)
  }
  open()
  document.addEventListener("session", () => { if (source.readyState === EventSource.CLOSED) open() })
  addEventListener("pagehide", () => source.close())
}

/** Tell the page of a kind of news: at once when it was quiet, else once for all that came meanwhile. */
function send(kind, row) {
  const held = waiting.get(kind)
  if (held) { held.again = true; return }
  const one = {again: false}
  waiting.set(kind, one)
  if (document.querySelector("dialog[open], details.menu[open]")) one.again = true  // nothing moves beneath a question, nor an open menu
  else document.body.dispatchEvent(new CustomEvent(`live:${kind}`, {detail: {row}}))
  setTimeout(() => { waiting.delete(kind); if (one.again) send(kind, row) }, BUNDLE)
}
