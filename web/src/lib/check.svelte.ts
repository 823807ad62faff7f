// The text that a reader checks, and what was found. Kept in this window alone: never in the address, never stored.

import type { Checked, CheckedCitation } from '../api'

export const MOST_CHARACTERS = 64_000

class Checking {
  text = $state('')
  /** The text that `found` belongs to, by code points, as the offsets of the service count. */
  points = $state.raw<string[]>([])
  found = $state.raw<Checked | null>(null)
}

export const checking = new Checking()

export const slice = (points: readonly string[], start: number, end: number): string => points.slice(start, end).join('')

/** The text cut at its citations, in order; a citation that begins within the one before it stands for itself. */
export function pieces(points: readonly string[], citations: readonly CheckedCitation[]): { text: string; row: number }[] {
  const cut: { text: string; row: number }[] = []
  let at = 0
  citations.forEach((one, row) => {
    if (one.start < at) return
    if (one.start > at) cut.push({ text: slice(points, at, one.start), row: -1 })
    cut.push({ text: slice(points, one.start, one.end), row })
    at = one.end
  })
  if (at < points.length) cut.push({ text: slice(points, at, points.length), row: -1 })
  return cut
}

export type Mood = 'bad' | 'warn' | 'good' | 'skipped'

/** How a citation is marked: what is wrong first, then what cannot be told. */
export function moodOf(one: CheckedCitation): Mood {
  if (one.flags.some((flag) => ['wrong_name', 'overruled', 'repealed', 'misquoted'].includes(flag))) return 'bad'
  if (one.status !== 200 || one.documents.some((held) => held.standing?.level === 'caution')) return one.status === 429 ? 'skipped' : 'warn'
  return 'good'
}

export const STATUSES: Record<number, string> = {
  200: 'Found',
  300: 'Several fit',
  400: 'Cannot be looked up',
  404: 'Not held here',
  429: 'Not looked up',
}

export const FLAGS: Record<string, string> = {
  wrong_name: 'Other name',
  overruled: 'Negative treatment',
  repealed: 'No longer in force',
  misquoted: 'Misquoted',
}

export const VERDICTS: Record<string, string> = {
  verbatim: 'Word for word',
  marked: 'Changed, and marked so',
  altered: 'Altered',
  not_found: 'Not in the source',
  unchecked: 'Not compared: its source is not held, or none is named',
}
