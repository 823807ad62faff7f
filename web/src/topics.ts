// What the service tells about topics through the years, their quality, and why a document is in one.

import type { DocumentRef } from './api'

export type LabelSource = 'terms' | 'llm' | 'person'

export interface YearShare {
  year: number
  cases: number
  weight: number
  share: number | null
  low: number | null
  high: number | null
}

export interface YearForecast {
  year: number
  share: number
  low: number
  high: number
}

export interface BackTest {
  origins: number
  forecasts: number
  error: number
  error_last: number
  error_mean: number
  gain_last: number
  gain_mean: number
  p: number
  covered: number
}

export interface CourtYears {
  id: string
  name: string
  cases: number
  share: number | null
  years: YearShare[]
}

export interface TopicTrend {
  id: string
  label: string
  court: string | null
  level: number
  cases: number
  share: number | null
  years: YearShare[]
  forecast: YearForecast[]
  back_test: BackTest | null
  verdict: 'better' | 'no_better' | 'too_few'
  sentence: string
  courts: CourtYears[]
}

export interface LevelQuality {
  level: string
  topics: number
  npmi: number | null
  c_v: number | null
  diversity: number | null
  grouped_documents: number
  ami: number | null
  nmi: number | null
  ari: number | null
}

export interface TopicQuality {
  id: string
  label: string
  parent: string | null
  depth: number
  scope: string
  size: number
  npmi: number | null
  c_v: number | null
  stability: number | null
  error: number | null
  stop_reason: string
  rank_reason: string
  rank_table: Record<string, unknown>[]
}

export interface TopicsQuality {
  documents: number
  left_out: number
  topics: number
  depth: number
  levels: LevelQuality[]
  parent_child: number | null
  siblings: number | null
  stability: { mean: number | null; lowest: number | null }
  warnings: string[]
  per_topic: TopicQuality[]
}

export interface ShiftCell {
  court: string
  name: string
  first: number
  last: number
  cases: number
}

export interface TopicShift {
  over: 'time' | 'courts'
  p: number
  sentence: string
  cells: ShiftCell[]
  axes: { strength: number; p: number; topics: { id: string; label: string; part: number }[]; scores: number[] }[]
  moved: { id: string; label: string; p: number; shares: number[] }[]
}

export interface DriftedTerm {
  term: string
  distance: number
  by_chance: number
  p: number
  q: number
  documents: [before: number, after: number]
  gained: string[]
  lost: string[]
}

export interface TopicDrift {
  status: 'tested' | 'too_few' | 'not_built'
  sentence: string
  cases: number
  years: [first: number, last: number] | null
  topics: number
  shifts: TopicShift[]
  terms: { early: [number, number]; late: [number, number]; cases: number; tested: number; sentence: string; drifted: DriftedTerm[] } | null
}

export interface WhyTerm {
  term: string
  weight: number
  own: number
  share: number
  count: number
  start: number | null
  end: number | null
  quote: string
}

export interface WhyNeighbour extends DocumentRef {
  similarity: number
  in_topic: boolean
  weight: number
}

export interface WhyInTopic {
  id: string
  label: string
  via: string | null
  parent: string
  document: DocumentRef
  version: string
  weight: number
  share: number
  terms: WhyTerm[]
  terms_share: number
  neighbours: WhyNeighbour[]
  typical: WhyNeighbour[]
  runner_up: { id: string; label: string; share: number; closeness: number; terms: string[] } | null
  note: string
}

/** What people did to a topic; `value` is its name, or the topic that it was merged into. */
export interface TopicMarks {
  id: string
  label: string | null
  label_source: LabelSource | null
  pinned: boolean
  merged_into: string | null
}
