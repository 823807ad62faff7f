// From canonical text and typed spans to what is drawn: zones (who speaks), blocks (paragraphs) and runs (inline).
// All places in the result are UTF-16 units; spans and citations come in code points.

import type { CitationRow, SpanRow } from '../api'
import { Canon } from './text'

export interface Run {
  text: string
  start: number
  end: number
  /** The number or letter that a block begins with: "(a)", "{¶9}". */
  lead: boolean
  lit: boolean
  term: boolean
  citation: CitationRow | null
  /** Index into `Layout.marks`, or -1. */
  mark: number
  /** The page that begins here, or "". */
  page: string
}

export interface Block {
  start: number
  end: number
  /** A paragraph's number that is not already printed at its head. */
  number: string
  anchor: string
  depth: number
  runs: Run[]
}

export type ZoneKind = 'text' | 'opinion' | 'syllabus' | 'head_matter' | 'history' | 'annotation' | 'notice' | 'footnote'

export interface Zone {
  kind: ZoneKind
  label: string
  attrs: Record<string, string>
  start: number
  /** False where the zone goes on after something that stood within it. */
  first: boolean
  /** Index into `Layout.notes` when this is a footnote, or -1. */
  note: number
  blocks: Block[]
}

export interface Mark {
  start: number
  label: string
  /** Index into `Layout.notes`, or -1 where the source has the mark but no note. */
  note: number
}

export interface Layout {
  zones: Zone[]
  marks: Mark[]
  /** For each footnote the index of its first mark, or -1. */
  notes: { start: number; label: string; mark: number }[]
}

interface Stretch {
  start: number
  end: number
  kind: string
  label: string
  attrs: Record<string, string>
}

const ZONES = new Set(['opinion', 'syllabus', 'head_matter', 'history', 'annotation', 'notice', 'footnote'])
const BLOCKS = new Set(['paragraph', 'subsection'])

export function layOut(
  canon: Canon,
  spans: readonly SpanRow[],
  citations: readonly CitationRow[] = [],
  lit: readonly [number, number] | null = null,
): Layout {
  const stretches = spans
    .map(([start, end, kind, label, attrs]) => ({ start: canon.at(start), end: canon.at(end), kind, label, attrs }))
    .sort((a, b) => a.start - b.start || b.end - a.end)
  const inline: Inline = {
    citations: citations
      .map((row) => ({ start: canon.at(row.start), end: canon.at(row.end), row }))
      .sort((a, b) => a.start - b.start),
    marks: stretches.filter((one) => one.kind === 'footnote_mark'),
    pages: stretches.filter((one) => one.kind === 'star_page'),
    terms: stretches.filter((one) => one.kind === 'definition'),
    lit: lit && lit[1] > lit[0] ? { start: canon.at(lit[0]), end: canon.at(lit[1]) } : null,
  }
  const { marks, notes } = pairNotes(stretches)
  const zones = drawZones(canon.text, stretches, inline)
  return { zones, marks, notes }
}

/** Join each mark with its note: of those with its number the one in the same opinion, else the next, else any. */
function pairNotes(stretches: Stretch[]): Pick<Layout, 'marks' | 'notes'> {
  const opinions = stretches.filter((one) => one.kind === 'opinion')
  const footnotes = stretches.filter((one) => one.kind === 'footnote')
  const opinionOf = (place: number): number => opinions.findIndex((one) => one.start <= place && place < one.end)
  const byLabel = new Map<string, number[]>()
  footnotes.forEach((note, index) => byLabel.set(note.label, [...(byLabel.get(note.label) ?? []), index]))
  const startOf = (index: number): number => footnotes[index]?.start ?? 0

  const notes = footnotes.map((note) => ({ start: note.start, label: note.label, mark: -1 }))
  const marks = stretches
    .filter((one) => one.kind === 'footnote_mark')
    .map((mark, index) => {
      const found = byLabel.get(mark.label) ?? []
      const home = opinionOf(mark.start)
      const note =
        found.find((one) => home >= 0 && opinionOf(startOf(one)) === home) ??
        found.find((one) => startOf(one) > mark.start) ??
        found[0] ??
        -1
      const paired = notes[note]
      if (paired && paired.mark < 0) paired.mark = index
      return { start: mark.start, label: mark.label, note }
    })
  return { marks, notes }
}

interface Inline {
  citations: { start: number; end: number; row: CitationRow }[]
  marks: Stretch[]
  pages: Stretch[]
  terms: Stretch[]
  lit: { start: number; end: number } | null
}

function drawZones(text: string, stretches: Stretch[], inline: Inline): Zone[] {
  const framing = stretches.filter((one) => one.end > one.start && (ZONES.has(one.kind) || BLOCKS.has(one.kind)))
  const footnotes = stretches.filter((one) => one.kind === 'footnote')
  const cuts = [...new Set([0, text.length, ...framing.flatMap((one) => [one.start, one.end])])].sort((a, b) => a - b)
  const zones: Zone[] = []
  const seen = new Set<Stretch>()
  let owner: Stretch | null | undefined
  let active: Stretch[] = []
  let next = 0
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [start, end] = [cuts[i] ?? 0, cuts[i + 1] ?? 0]
    active = active.filter((one) => one.end > start)
    for (let one = framing[next]; one && one.start <= start; one = framing[++next]) active.push(one)
    const zoneSpan = innermost(active.filter((one) => ZONES.has(one.kind)))
    const blocks = drawBlocks(text, start, end, active, inline)
    if (blocks.length === 0) continue
    if (owner === undefined || owner !== zoneSpan) {
      zones.push({
        kind: (zoneSpan?.kind ?? 'text') as ZoneKind,
        label: zoneSpan?.label ?? '',
        attrs: zoneSpan?.attrs ?? {},
        start,
        first: !zoneSpan || !seen.has(zoneSpan),
        note: zoneSpan?.kind === 'footnote' ? footnotes.indexOf(zoneSpan) : -1,
        blocks: [],
      })
      owner = zoneSpan
      if (zoneSpan) seen.add(zoneSpan)
    }
    zones[zones.length - 1]?.blocks.push(...blocks)
  }
  return zones
}

function innermost(stretches: Stretch[]): Stretch | null {
  let best: Stretch | null = null
  for (const one of stretches) if (!best || one.end - one.start <= best.end - best.start) best = one
  return best
}

function drawBlocks(text: string, start: number, end: number, active: Stretch[], inline: Inline): Block[] {
  const paragraph = innermost(active.filter((one) => one.kind === 'paragraph'))
  const subsections = active.filter((one) => one.kind === 'subsection')
  const subsection = innermost(subsections)
  const footnote = active.find((one) => one.kind === 'footnote')
  // A single line end within a paragraph is a line of verse or of a table; elsewhere it ends a block.
  const parts = lines(text, start, end, paragraph ? /\n[^\S\n]*\n\s*/g : /\n\s*/g)
  return parts.map(([from, to]) => {
    const depth = Math.max(subsections.length, groups(subsection?.label ?? '')) - 1
    const lead = leadEnd(text, from, to, paragraph, subsection, footnote)
    const opensParagraph = paragraph !== null && from <= firstInk(text, paragraph.start)
    return {
      start: from,
      end: to,
      number: opensParagraph && lead === from ? paragraph.label : '',
      anchor: subsection?.label ?? '',
      depth: Math.max(0, Math.min(depth, 6)),
      runs: drawRuns(text, from, to, lead, inline),
    }
  })
}

const groups = (label: string): number => (label.match(/\([^)]*\)/g) ?? []).length

function firstInk(text: string, place: number): number {
  while (place < text.length && /\s/.test(text.charAt(place))) place++
  return place
}

/** Cut a stretch at line ends and trim each part; empty parts vanish. */
function lines(text: string, start: number, end: number, ends: RegExp): [number, number][] {
  const parts: [number, number][] = []
  const add = (from: number, to: number): void => {
    from = firstInk(text, from)
    while (to > from && /\s/.test(text.charAt(to - 1))) to--
    if (to > from) parts.push([from, to])
  }
  let from = start
  for (const found of text.slice(start, end).matchAll(ends)) {
    add(from, start + found.index)
    from = start + found.index + found[0].length
  }
  add(from, end)
  return parts
}

/** Where the printed number of a block ends; `start` where none is printed. */
function leadEnd(
  text: string,
  start: number,
  end: number,
  paragraph: Stretch | null,
  subsection: Stretch | null,
  footnote: Stretch | undefined,
): number {
  const head = text.slice(start, Math.min(end, start + 40))
  const numbered = paragraph?.label || footnote?.label
  if (numbered) {
    const escaped = numbered.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const found = new RegExp(`^(?:[{[]?\\s*¶?\\s*${escaped}\\s*[}\\]]|¶\\s*${escaped}|${escaped}[.)]?(?=\\s))`).exec(head)
    if (found) return start + found[0].length
  }
  if (subsection && start <= firstInk(text, subsection.start)) {
    const found = /^(?:\([^)\s]{1,8}\)\s?)+/.exec(head) ?? /^[A-Za-z0-9]{1,4}\.(?=\s)/.exec(head)
    if (found) return start + found[0].trimEnd().length
  }
  return start
}

function drawRuns(text: string, start: number, end: number, lead: number, inline: Inline): Run[] {
  const within = (one: { start: number; end: number }): boolean =>
    one.start < end && one.end > start && one.end > one.start
  const citations = inline.citations.filter(within)
  const marks = inline.marks.filter(within)
  const terms = inline.terms.filter(within)
  // A page may begin between two words, where the source prints no number.
  const pages = inline.pages.filter((one) => within(one) || (one.start === one.end && one.start >= start && one.start < end))
  const edges = [...citations, ...marks, ...terms, ...pages, ...(inline.lit && within(inline.lit) ? [inline.lit] : [])]
  const cuts = [...new Set([start, lead, end, ...edges.flatMap((one) => [one.start, one.end])])]
    .filter((place) => place >= start && place <= end)
    .sort((a, b) => a - b)
  const runs: Run[] = []
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [from, to] = [cuts[i] ?? 0, cuts[i + 1] ?? 0]
    const covers = (one: { start: number; end: number }): boolean => one.start <= from && one.end >= to
    const plain = { start: from, lead: to <= lead, lit: !!inline.lit && covers(inline.lit), citation: null, mark: -1, term: false }
    for (const page of pages) {
      if (page.start === page.end && page.start === from) runs.push({ ...plain, text: '', end: from, page: page.label })
    }
    const mark = marks.find(covers)
    runs.push({
      ...plain,
      text: text.slice(from, to),
      end: to,
      term: terms.some(covers),
      citation: citations.find(covers)?.row ?? null,
      mark: mark ? inline.marks.indexOf(mark) : -1,
      page: pages.find((one) => one.end > one.start && covers(one))?.label ?? '',
    })
  }
  return runs
}

/** The block that holds a place, or the last one before it. */
export function blockAt(layout: Layout, place: number): Block | null {
  let best: Block | null = null
  for (const zone of layout.zones) {
    for (const block of zone.blocks) {
      if (block.start <= place && (!best || block.start >= best.start)) best = block
    }
  }
  return best ?? layout.zones[0]?.blocks[0] ?? null
}

/** The zones cut down to the blocks that touch `[start, end)` and `around` more on either side. */
export function excerpt(layout: Layout, start: number, end: number, around: number): { zones: Zone[]; before: boolean; after: boolean } {
  const all = layout.zones.flatMap((zone) => zone.blocks)
  const touching = all.map((block, index) => (block.start < end && block.end > start ? index : -1)).filter((index) => index >= 0)
  const first = Math.max(0, (touching[0] ?? 0) - around)
  const last = Math.min(all.length - 1, (touching[touching.length - 1] ?? 0) + around)
  const kept = new Set(all.slice(first, last + 1))
  const zones = layout.zones
    .map((zone) => ({ ...zone, first: zone.first && kept.has(zone.blocks[0] as Block), blocks: zone.blocks.filter((block) => kept.has(block)) }))
    .filter((zone) => zone.blocks.length > 0)
  return { zones, before: first > 0, after: last < all.length - 1 }
}
