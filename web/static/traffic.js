// What the record's totals came to, minute by minute, drawn by uPlot: machines, messages and bytes.

import uPlot from "./vendor/uplot.min.js"

const box = document.getElementById("traffic")
const HEIGHT = 132
const HOUR = new Intl.DateTimeFormat(undefined, {hour: "2-digit", minute: "2-digit", hourCycle: "h23"})
const MINUTE = new Intl.DateTimeFormat(undefined, {weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23"})
let minutes = 60
let plots = []

async function draw() {
  const answer = await fetch(`${box.dataset.from}?minutes=${minutes}`, {headers: {"Accept": "application/json"}})
  if (!answer.ok) return
  const {at, series} = await answer.json()
  for (const plot of plots) plot.destroy()
  box.replaceChildren()
  const busy = series.some(one => one.values.some(value => value > 0))
  if (!busy) {
    box.append(Object.assign(document.createElement("p"), {className: "soft", textContent: "Nothing was asked of this server in that time. Switch a machine on, or rehearse a host."}))
    plots = []
    return
  }
  plots = [
    plot(at, series.filter(one => one.unit === "count"), "a minute", value => value.toLocaleString()),
    plot(at, series.filter(one => one.unit === "bytes"), "bytes a second", rate),
  ]
}

function plot(at, series, label, said) {
  const style = getComputedStyle(document.documentElement)
  const ink = style.getPropertyValue("color")
  const colours = ["--blue", "--green", "--amber", "--red"].map(resolved)
  const line = resolved("--line")
  const axis = {stroke: ink, grid: {stroke: line, width: 1}, ticks: {stroke: line, width: 1}, font: "11px system-ui"}
  const frame = document.createElement("figure")
  frame.setAttribute("aria-label", `${series.map(one => one.name).join(", ")}, ${label}`)
  box.append(frame)
  return new uPlot({
    width: Math.max(box.clientWidth, 200), height: HEIGHT, cursor: {y: false}, legend: {live: true},
    scales: {y: {range: (_, low, high) => [0, Math.max(high, 1)]}},
    axes: [{...axis, space: 70, values: (_, ticks) => ticks.map(tick => HOUR.format(tick * 1000))}, {...axis, size: 64, values: (_, ticks) => ticks.map(said)}],
    series: [{label: "at", value: (_, value) => value == null ? "–" : MINUTE.format(value * 1000)},
      ...series.map((one, number) => ({label: one.name, stroke: colours[number], width: 1.5, dash: [[], [6, 3], [2, 2], [8, 2, 2, 2]][number], value: (_, value) => value == null ? "–" : said(value)}))],
  }, [at, ...series.map(one => one.values)], frame)
}

function resolved(name) {
  const probe = document.createElement("span")
  probe.style.color = `var(${name})`
  document.body.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

function rate(value) {
  const units = ["B/s", "kB/s", "MB/s", "GB/s"]
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit++ }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

document.addEventListener("click", event => {
  const chip = event.target.closest("[data-minutes]")
  if (!chip) return
  event.preventDefault()
  minutes = Number(chip.dataset.minutes)
  for (const one of document.querySelectorAll("[data-minutes]")) one.toggleAttribute("aria-current", one === chip)
  chip.setAttribute("aria-current", "true")
  draw()
})
document.addEventListener("theme", draw)
document.body.addEventListener("live:hosts", () => { if (!document.hidden) draw() })
addEventListener("resize", () => { clearTimeout(draw.later); draw.later = setTimeout(draw, 200) })
draw()
