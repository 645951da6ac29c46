// Sending a file to the server: its bytes go to /api/v1/uploads/NAME as they are read, and what broke off goes on where it was.

import {csrf} from "./csrf.js"
import {mended} from "./session.js"
import {explain} from "./toasts.js"

/** Somebody stopped it. */
export class Stopped extends Error {}

/** The name of an upload that may be made of a file's. */
export function uploadName(file) {
  return file.name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(-120) || "upload"
}

/** Send `file` as the upload `name`; `told(sent, total, rate, left)` hears of it. `signal` stops it. Throws {detail, fix}, or Stopped. */
export async function send(file, name, told, signal) {
  const began = await there(name, file.size)
  if (began === file.size) { told(began, file.size, 0, 0); return }
  const start = performance.now()
  try {
    await put(file, name, began, sent => {
      const seconds = (performance.now() - start) / 1000
      const rate = seconds > 0.5 ? sent / seconds : 0
      told(began + sent, file.size, rate, rate ? (file.size - began - sent) / rate : 0)
    }, signal)
  } catch (error) {
    if (!error.code || !await mended(error.code)) throw error
    await send(file, name, told, signal)
  }
}

/** How much of it has come, where it is the same length. */
async function there(name, total) {
  const answer = await fetch("/api/v1/uploads?limit=500", {headers: {Accept: "application/json"}})
  if (!answer.ok) return 0
  const found = (await answer.json()).items.find(one => one.name === name && one.total === total)
  return found?.bytes ?? 0
}

function put(file, name, from, told, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open("PUT", `/api/v1/uploads/${encodeURIComponent(name)}`)
    request.setRequestHeader("Content-Type", "application/octet-stream")
    request.setRequestHeader("Accept", "application/json")
    request.setRequestHeader("X-CSRF", csrf())
    if (from) request.setRequestHeader("Content-Range", `bytes ${from}-${file.size - 1}/${file.size}`)
    request.upload.addEventListener("progress", event => told(event.loaded))
    request.addEventListener("load", () => request.status < 300 ? resolve() : reject(explain(request.responseText, request.status)))
    request.addEventListener("error", () => reject({detail: "The connection broke off.", fix: "send the same file again: it goes on where it was"}))
    request.addEventListener("abort", () => reject(new Stopped()))
    signal?.addEventListener("abort", () => request.abort(), {once: true})
    request.send(from ? file.slice(from) : file)
  })
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"]

/** Bytes as the pages say them. */
export function size(count) {
  let unit = 0
  while (count >= 1000 && unit < UNITS.length - 1) { count /= 1000; unit++ }
  return unit ? `${count.toFixed(1)} ${UNITS[unit]}` : `${Math.round(count)} bytes`
}

/** Seconds as the pages say them. */
export function lasting(seconds) {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`
}

/** Show in `box` how far the sending of something is. */
export function meter(box, what) {
  box.hidden = false
  box.querySelector("[data-what]").textContent = what
  const bar = box.querySelector("progress"), share = box.querySelector("[data-share]"), words = box.querySelector("[data-rate]")
  return (sent, total, rate, left) => {
    bar.max = total || 1
    bar.value = sent
    share.textContent = `${total ? Math.floor(100 * sent / total) : 100} %`
    words.textContent = `${size(sent)} of ${size(total)}${rate ? `, ${size(rate)}/s, ${lasting(left)} left` : ""}`
  }
}
