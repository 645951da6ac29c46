// Answers that two people changed at once, put together: what only one of them changed is theirs, of what both changed `mine` stays.

/** The answers that `mine` and `theirs`, both begun from `base`, come to; `both` are the keys that both changed otherwise. */
export function joined(base, mine, theirs) {
  const answers = {}, both = [], taken = []
  for (const key of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const [was, ours, other] = [base, mine, theirs].map(one => JSON.stringify(one[key] ?? null))
    const theirsStays = ours === was
    if (theirsStays && other !== was) taken.push(key)
    else if (other !== was && other !== ours) both.push(key)
    const value = theirsStays ? theirs[key] : mine[key]
    if (value !== undefined) answers[key] = value
  }
  return {answers, both, taken}
}
