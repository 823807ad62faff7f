// The client of the service's own API. Offsets are code points into a version's text: see lib/text.ts.

import type { LabelSource, TopicDrift, TopicMarks, TopicsQuality, TopicTrend, WhyInTopic } from './topics'

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
}

/** What the service refused, or that it could not be reached (`status` 0); `message` is fit to be shown. */
export class ApiError extends Error {
  readonly status: number
  readonly title: string

  constructor(status: number, title: string, detail: string) {
    super(detail)
    this.name = 'ApiError'
    this.status = status
    this.title = title
  }
}

export type Range = [start: number, end: number]
export type SpanRow = [start: number, end: number, kind: string, label: string, attrs: Record<string, string>]

export interface TopicShare {
  id: string
  label: string
  weight: number
}

export interface DocumentRef {
  id: string
  title: string
  citation: string
}

export interface Passage {
  text: string
  start: number
  end: number
  speaker: string
  anchor: string
  heading: string
}

export interface HitBase extends DocumentRef {
  version: string
  kind: string
  court: string
  court_name: string
  date: string | null
  status: string
  hierarchy: string[]
  score: number
  signals: Record<string, number>
  topics: TopicShare[]
  why: string
}

export interface Hit extends HitBase {
  passage: Passage
  highlights: Range[]
}

export interface FacetValue {
  value: string
  label: string
  count: number
}

export interface SearchFilters {
  kind?: string[]
  jurisdiction?: string[]
  court?: string[]
  status?: string[]
  topic?: string[]
  year?: number[]
  date_from?: string
  date_to?: string
  hierarchy?: string
}

export interface SearchRequest {
  query: string
  k?: number
  offset?: number
  filters?: SearchFilters
  facets?: boolean
}

/** A query that is a citation, an id, a docket number or a name (`near_name`: with a slip, or cut short). */
export interface ReadAs {
  kind: string
  key: string
  documents: string[]
  pinpoint: string
}

export interface SearchResponse {
  query: {
    text: string
    understood: {
      citation: ReadAs | null
      terms: string[]
      phrases: string[]
      filters: Record<string, unknown>
      did_you_mean: DocumentRef[]
    }
  }
  total: number
  generation: string
  took_ms: number
  hits: Hit[]
  facets: Record<string, FacetValue[]>
  next_offset: number | null
}

export interface CountRequest {
  question: string
  limit?: number
  offset?: number
  filters?: SearchFilters
}

/** A document as lists show it. */
export interface Listed extends DocumentRef {
  kind: string
  date: string | null
  court: string
  status: string
  hierarchy: string[]
}

/** An exact count: `documents` is one page of the list behind it, `others` the number by other rules. */
export interface Counted {
  question: string
  count: number
  rule: string
  conditions: { name: string; value: string; words: string }[]
  others: { rule: string; count: number }[]
  documents: Listed[]
  next_offset: number | null
  generation: string
  coverage: Coverage
  notice: string
}

export interface Level {
  kind: string
  label: string
  number: string
}

export interface LawDocument extends DocumentRef {
  kind: string
  jurisdiction: string
  parallel_citations: string[]
  aliases: string[]
  hierarchy: Level[]
  status: string
  court: string
  court_name: string
  date: string | null
  date_argued: string | null
  docket: string
  judges: string[]
  parties: string[]
  disposition: string
  disposition_kind: string
  publication: string
  publication_stage: string
  covers: string[]
  effective_from: string | null
  effective_to: string | null
  version: string
  observed_from: string | null
  url: string
  warnings: string[]
  text: string
  spans: SpanRow[]
  outline: { label: string; start: number; level: number }[]
  previous: { id: string; citation: string } | null
  next: { id: string; citation: string } | null
  topics: TopicShare[]
  cited_by_count: number
  influence: number | null
  notice: string
}

export interface VersionRow {
  hash: string
  observed_from: string | null
  observed_to: string | null
  effective_from: string | null
  current: boolean
  chars: number
}

export interface DiffStretch {
  start: number
  end: number
  text: string
  marks: Range[]
}

export interface DiffPiece {
  op: 'equal' | 'changed' | 'removed' | 'added'
  sentences: number
  old: DiffStretch
  new: DiffStretch
}

export interface DiffSide {
  version: string
  observed_from: string
  observed_to: string | null
  status: string
}

export interface Diff extends DocumentRef {
  from: DiffSide
  to: DiffSide
  identical: boolean
  counts: Record<DiffPiece['op'], number>
  particulars: { name: string; old: string; new: string }[]
  pieces: DiffPiece[]
}

export interface RunRow {
  run: string
  source: string
  state: string
  cancelling: boolean
  started: string
  alive: string
  finished: string | null
  done: number
  known: number
  pages: Record<string, number>
  documents: Record<string, number>
}

export interface Run extends RunRow {
  message: string
  changes: { document: string; change: string; note?: string | null }[]
  changes_not_shown: number
  base_url: string | null
  troubles: { url: string; reason: string; words: string }[] | null
}

export interface RunOrder {
  source: string
  base_url?: string
  limit?: number
  full?: boolean
  permission?: string
}

export interface CitationRow {
  raw: string
  start: number
  end: number
  kind: string
  pinpoint: string
  to: DocumentRef | null
  candidates: DocumentRef[]
}

export interface CitingDocument extends DocumentRef {
  date: string | null
  court: string
  count: number
  sentence: { text: string; start: number; end: number } | null
  speaker: string
  depth: number
  treatments: string[]
}

export type CitedOrder = 'depth' | 'date' | 'court'

export interface Stretch {
  text: string
  start: number
  end: number
}

/** Where something is said: a version of a document that cites. */
interface Source {
  citing: DocumentRef
  version: string
  court_name: string
  date: string | null
  speaker: string
}

export interface Said extends Source {
  kind: string
  words: string
  stance: string
  counts: boolean
  why_not: string
  scope: string
  depth: number
  sentence: Stretch
}

export type StandingLevel = 'none_found' | 'caution' | 'negative'

export interface StandingBrief {
  level: StandingLevel
  words: string
  looked_at: number
  to: string | null
  reasons: Said[]
}

export interface Flag {
  kind: string
  authority: GraphNode
  undone: { by: string; treatment: string; date: string | null }[]
  since: boolean
  inferred: boolean
  score: number
}

/** The first `reasons` of the list stand for the level, the next `others` bind nobody, the rest takes nothing away. */
export interface Treatment extends DocumentRef {
  kind: string
  level: StandingLevel
  words: string
  looked_at: number
  to: string | null
  counts: Record<string, number>
  reasons: number
  others: number
  treatments: Said[]
  total: number
  flags: Flag[]
  next_cursor: string | null
}

export interface Note extends Source {
  subdivision: string
  treatment: string | null
  passage: Stretch
}

export interface Bracket extends Source {
  kind: string
  passage: Stretch
}

export interface Annotations extends DocumentRef {
  topics: { topic: string; total: number; notes: Note[] }[]
  total: number
  parentheticals: Bracket[]
  next_cursor: string | null
}

export interface CheckedQuotation {
  start: number
  end: number
  verdict: 'verbatim' | 'marked' | 'altered' | 'not_found' | 'unchecked'
  differences: { source: string; quoted: string }[]
  document: string
  version: string
  source_start: number
  source_end: number
  source_text: string
}

export interface CheckedCitation {
  raw: string
  start: number
  end: number
  key: string
  status: 200 | 300 | 400 | 404 | 429
  flags: string[]
  documents: (DocumentRef & { version: string; status: string; standing: StandingBrief | null })[]
  pinpoint: string
  case_name: string
  quotations: CheckedQuotation[]
  message: string
  told: Said[]
}

export interface Checked {
  citations: CheckedCitation[]
  quotations: CheckedQuotation[]
  characters: number
  counts: Record<string, number>
  notice: string
}

export interface TopicNode {
  id: string
  parent: string | null
  depth: number
  label: string
  label_source: LabelSource
  pinned: boolean
  merged_into: string | null
  scope: string
  terms: [term: string, weight: number][]
  size: number
  children: string[]
  stability: number | null
  stop_reason: string
}

export interface TopicPage extends TopicNode {
  path: { id: string; label: string }[]
  exemplars: DocumentRef[]
  stats: Record<string, unknown>
}

export interface TopicDocument extends DocumentRef {
  kind: string
  date: string | null
  weight: number
}

export interface GraphNode {
  id: string
  kind: string
  label: string
  attrs: Record<string, unknown>
}

export interface GraphEdge {
  source: string
  target: string
  kind: string
  weight: number
  attrs: Record<string, unknown>
  evidence: Record<string, unknown>
}

export interface Neighbours {
  node: GraphNode
  nodes: GraphNode[]
  edges: GraphEdge[]
  truncated: boolean
}

export interface AnswerCitation {
  document: string
  version: string
  start: number
  end: number
  quote: string
  title: string
  citation: string
  anchor: string
}

export interface Sentence {
  text: string
  speaker: string
  citations: AnswerCitation[]
}

export interface Coverage {
  courts?: { id: string; name: string; from: number | null; to: number | null; documents: number }[]
  codes?: { id: string; name: string; documents: number }[]
  last_crawl?: string | null
}

export type AnswerStatus = 'answered' | 'corrected' | 'abstained' | 'degraded'

export interface Answer {
  status: AnswerStatus
  question: string
  sentences: Sentence[]
  warnings: string[]
  reason: string
  generation: string
  coverage: Coverage
  notice: string
  model: string | null
  took_ms: number
}

export interface ServiceStatus {
  generation: string
  built_at: string
  model: string
  counts: { documents: number; passages: number; citations: number; topics: number; nodes: number; edges: number; by_kind: Record<string, number> }
  coverage: Coverage
  notice: string
  llm: string | null
  warnings: string[]
}

/** Ids keep their colons in a path: `/v1/documents/us:usc:28:1331`. */
export const pathSegment = (id: string): string => encodeURIComponent(id).replaceAll('%3A', ':')

function query(values: Record<string, string | number | undefined>): string {
  const given = Object.entries(values).filter((pair) => pair[1] !== undefined && pair[1] !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text && `?${text}`
}

async function failure(response: Response): Promise<ApiError> {
  let problem: Partial<Problem> = {}
  try {
    problem = (await response.json()) as Partial<Problem>
  } catch {
    // Not JSON: a proxy's page, perhaps. The status line is all that can be told.
  }
  const title = problem.title ?? `The service answered ${response.status}`
  const detail = typeof problem.detail === 'string' && problem.detail ? problem.detail : response.statusText
  return new ApiError(response.status, title, detail)
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', referrerPolicy: 'no-referrer', ...init })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'The service cannot be reached', 'Check that it is running and that this computer is connected, then try again.')
  }
  if (!response.ok) throw await failure(response)
  return response
}

// Going back must not wait for the network again; a new generation is picked up when entries age out.
const kept = new Map<string, { at: number; value: unknown }>()
const KEPT_ENTRIES = 60
const KEPT_MS = 5 * 60 * 1000

async function remembered<T>(path: string, init: RequestInit, body = ''): Promise<T> {
  const key = `${path}\n${body}`
  const entry = kept.get(key)
  if (entry && Date.now() - entry.at < KEPT_MS) return entry.value as T
  const value = (await (await send(path, init)).json()) as T
  kept.delete(key)
  kept.set(key, { at: Date.now(), value })
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT_ENTRIES) break
    kept.delete(oldest)
  }
  return value
}

const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  remembered<T>(path, { headers: { Accept: 'application/json' }, ...(signal && { signal }) })

const json = { 'Content-Type': 'application/json' }

/** What is asked in a body, so that no address keeps it. */
function posted<T>(path: string, asked: unknown, signal?: AbortSignal): Promise<T> {
  const body = JSON.stringify(asked)
  return remembered<T>(path, { method: 'POST', headers: { ...json, Accept: 'application/json' }, body, ...(signal && { signal }) }, body)
}

const bearer = (key: string): Record<string, string> => (key ? { Authorization: `Bearer ${key}` } : {})

async function fresh<T>(path: string, key: string, signal?: AbortSignal): Promise<T> {
  const headers = { Accept: 'application/json', ...bearer(key) }
  return (await (await send(path, { headers, ...(signal && { signal }) })).json()) as T
}

async function order<T>(path: string, key: string, body?: unknown, method = 'POST'): Promise<T> {
  const headers = { Accept: 'application/json', ...bearer(key), ...(body !== undefined && json) }
  return (await (await send(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })).json()) as T
}

export type TopicEdit = 'name' | 'pin' | 'merge'

export const api = {
  status: (signal?: AbortSignal) => get<ServiceStatus>('/v1/status', signal),

  search: (request: SearchRequest, signal?: AbortSignal) => posted<SearchResponse>('/v1/search', request, signal),

  count: (request: CountRequest, signal?: AbortSignal) => posted<Counted>('/v1/count', request, signal),

  document: (id: string, version = '', signal?: AbortSignal) =>
    get<LawDocument>(`/v1/documents/${pathSegment(id)}${query({ version })}`, signal),

  versions: (id: string, signal?: AbortSignal) =>
    get<{ versions: VersionRow[] }>(`/v1/documents/${pathSegment(id)}/versions`, signal),

  diff: (id: string, from: string, to: string, signal?: AbortSignal) =>
    get<Diff>(`/v1/documents/${pathSegment(id)}/diff${query({ from, to })}`, signal),

  /** Runs change while one looks at them, so nothing about them is remembered. */
  runs: (cursor: string | undefined, signal?: AbortSignal) =>
    fresh<{ runs: RunRow[]; next_cursor: string | null; may_start: boolean }>(`/v1/ingest/runs${query({ cursor })}`, '', signal),

  run: (id: string, key: string, signal?: AbortSignal) => fresh<Run>(`/v1/ingest/runs/${pathSegment(id)}`, key, signal),

  startRun: (asked: RunOrder, key: string) => order<{ run: string | null }>('/v1/ingest/runs', key, asked),

  cancelRun: (id: string, key: string) => order<Run>(`/v1/ingest/runs/${pathSegment(id)}/cancel`, key),

  /** Follow a run until it ends. */
  async followRun(id: string, key: string, moved: (row: RunRow) => void, signal: AbortSignal): Promise<Run> {
    const path = `/v1/ingest/runs/${pathSegment(id)}/events`
    const response = await send(path, { headers: { Accept: 'text/event-stream', ...bearer(key) }, signal })
    if (response.body) {
      for await (const event of events(response.body)) {
        if (event.name === 'done') return JSON.parse(event.data) as Run
        if (event.name === 'progress') moved(JSON.parse(event.data) as RunRow)
        else if (event.name === 'error') {
          const problem = JSON.parse(event.data) as Partial<Problem>
          throw new ApiError(problem.status ?? 500, problem.title ?? 'The run cannot be followed', problem.detail ?? '')
        }
      }
    }
    return api.run(id, key, signal)
  },

  /** All citations in the current text of a document, page by page, up to 2,000. */
  async citations(id: string, signal?: AbortSignal): Promise<{ version: string; rows: CitationRow[] }> {
    const rows: CitationRow[] = []
    let version = ''
    let cursor: string | undefined
    do {
      const page: { version: string; citations: CitationRow[]; next_cursor: string | null } = await get(
        `/v1/documents/${pathSegment(id)}/citations${query({ limit: 100, cursor })}`,
        signal,
      )
      rows.push(...page.citations)
      version = page.version
      cursor = page.next_cursor ?? undefined
    } while (cursor && rows.length < 2000)
    return { version, rows }
  },

  treatment: (id: string, cursor?: string, signal?: AbortSignal) =>
    get<Treatment>(`/v1/documents/${pathSegment(id)}/treatment${query({ limit: 20, cursor })}`, signal),

  annotations: (id: string, cursor?: string, signal?: AbortSignal) =>
    get<Annotations>(`/v1/documents/${pathSegment(id)}/annotations${query({ limit: 12, cursor })}`, signal),

  /** A text of the reader's own is sent in the body and remembered nowhere. */
  async check(text: string, signal: AbortSignal): Promise<Checked> {
    const init = { method: 'POST', headers: { ...json, Accept: 'application/json' }, body: JSON.stringify({ text }), signal }
    return (await (await send('/v1/check', init)).json()) as Checked
  },

  citedBy: (id: string, sort: CitedOrder, cursor?: string, signal?: AbortSignal) =>
    get<{ cited_by: CitingDocument[]; total: number; next_cursor: string | null }>(
      `/v1/documents/${pathSegment(id)}/cited-by${query({ limit: 8, sort, cursor })}`,
      signal,
    ),

  similar: (id: string, signal?: AbortSignal) =>
    get<{ hits: HitBase[] }>(`/v1/documents/${pathSegment(id)}/similar${query({ k: 5 })}`, signal),

  topics: (signal?: AbortSignal) => get<{ topics: TopicNode[]; generation: string }>('/v1/topics', signal),

  topic: (id: string, signal?: AbortSignal) => get<TopicPage>(`/v1/topics/${pathSegment(id)}`, signal),

  topicDocuments: (id: string, cursor?: string, signal?: AbortSignal) =>
    get<{ documents: TopicDocument[]; total: number; next_cursor: string | null }>(
      `/v1/topics/${pathSegment(id)}/documents${query({ limit: 25, cursor })}`,
      signal,
    ),

  trend: (id: string, court: string, signal?: AbortSignal) =>
    get<TopicTrend>(`/v1/topics/${pathSegment(id)}/trend${query({ court })}`, signal),

  whyInTopic: (id: string, document: string, signal?: AbortSignal) =>
    get<WhyInTopic>(`/v1/topics/${pathSegment(id)}/documents/${pathSegment(document)}`, signal),

  quality: (signal?: AbortSignal) => get<TopicsQuality>('/v1/topics/quality', signal),

  drift: (signal?: AbortSignal) => get<TopicDrift>('/v1/topics/drift', signal),

  /** Name, pin or merge a topic; without a value what was done is undone. What was remembered of topics is dropped. */
  async editTopic(id: string, edit: TopicEdit, key: string, value?: Record<string, string>): Promise<TopicMarks> {
    const done = await order<TopicMarks>(`/v1/topics/${pathSegment(id)}/${edit}`, key, value, value ? 'PUT' : 'DELETE')
    kept.clear()
    return done
  },

  neighbours: (id: string, limit: number, signal?: AbortSignal) =>
    get<Neighbours>(`/v1/graph/neighbors${query({ id, direction: 'both', depth: 1, limit })}`, signal),

  async answer(question: string, listener: AnswerListener, signal: AbortSignal): Promise<void> {
    const response = await send('/v1/answers', {
      method: 'POST',
      headers: { ...json, Accept: 'text/event-stream' },
      body: JSON.stringify({ question, stream: true }),
      signal,
    })
    if (!(response.headers.get('Content-Type') ?? '').startsWith('text/event-stream')) {
      listener.done((await response.json()) as Answer)
      return
    }
    if (!response.body) throw new ApiError(0, 'The answer did not arrive', 'The service sent nothing. Ask again.')
    for await (const event of events(response.body)) {
      if (event.name === 'done') {
        listener.done(JSON.parse(event.data) as Answer)
        return
      } else if (event.name === 'sentence') listener.sentence(JSON.parse(event.data) as Sentence)
      else if (event.name === 'warning') listener.warning(warningText(JSON.parse(event.data)))
      else if (event.name === 'hits') listener.hits(hitList(JSON.parse(event.data)))
      else if (event.name === 'error') {
        const problem = JSON.parse(event.data) as Partial<Problem>
        throw new ApiError(problem.status ?? 500, problem.title ?? 'The answer failed', problem.detail ?? '')
      }
    }
    throw new ApiError(0, 'The answer was cut off', 'The connection ended before the answer did. Ask again.')
  },
}

export interface AnswerListener {
  hits(hits: Hit[]): void
  sentence(sentence: Sentence): void
  warning(text: string): void
  done(answer: Answer): void
}

function warningText(value: unknown): string {
  if (typeof value === 'string') return value
  const fields = (value ?? {}) as Record<string, unknown>
  return String(fields['text'] ?? fields['warning'] ?? fields['detail'] ?? '')
}

function hitList(value: unknown): Hit[] {
  if (Array.isArray(value)) return value as Hit[]
  const hits = (value as { hits?: unknown } | null)?.hits
  return Array.isArray(hits) ? (hits as Hit[]) : []
}

/** Server-sent events as WHATWG describes them: fields by line, an empty line ends an event. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<{ name: string; data: string }> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let waiting = ''
  let name = ''
  let data: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read()
      waiting += done ? decoder.decode() : decoder.decode(value, { stream: true })
      // A carriage return at the very end may be half of a pair whose other half is still to come.
      const lines = waiting.split(done ? /\r\n|\n|\r/ : /\r\n|\n|\r(?!$)/)
      waiting = done ? '' : (lines.pop() ?? '')
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { name: name || 'message', data: data.join('\n') }
          name = ''
          data = []
        } else if (line.startsWith('event:')) name = line.slice(6).replace(/^ /, '')
        else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
      }
      if (done) return
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
