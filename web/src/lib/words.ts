// What the service's codes are called on the page.

const KINDS: Record<string, [string, string]> = {
  case: ['Case', 'Cases'],
  statute: ['Statute', 'Statutes'],
  constitution: ['Constitution', 'Constitutional provisions'],
  regulation: ['Regulation', 'Regulations'],
  other: ['Document', 'Other documents'],
}

const STATUSES: Record<string, string> = {
  in_force: 'In force',
  repealed: 'Repealed',
  reserved: 'Reserved',
  renumbered: 'Renumbered',
  expired: 'Expired',
  withdrawn: 'Withdrawn from its source',
}

const SPEAKERS: Record<string, string> = {
  majority: 'Opinion of the court',
  per_curiam: 'Per curiam',
  plurality: 'Plurality',
  concurrence: 'Concurrence',
  concurrence_in_judgment: 'Concurrence in the judgment',
  concurrence_in_part: 'Concurrence in part',
  dissent: 'Dissent',
  syllabus: 'Syllabus, not the court’s words',
  head_matter: 'Head matter, not the opinion',
  note: 'Note, not part of the law',
  unknown: 'Opinion, speaker not told apart',
  quoted_court: 'Another court, quoted here',
}

const SIGNALS: Record<string, string> = {
  lexical: 'words',
  bm25: 'words',
  lexical_top: 'words, in several passages',
  headed: 'words, with the heading',
  whole: 'words of the whole document',
  phrase: 'words in their order',
  dense: 'meaning',
  dense_top: 'meaning, of several passages',
  gist: 'meaning of the whole document',
  anchor: 'cited in like words',
  anchor_top: 'cited in like words, several times',
  citing: 'cited by cases near the question',
  heading: 'heading',
  name: 'name',
  exact: 'citation or name',
  kind: 'the kind asked for',
  topic: 'topic',
  graph: 'citations between documents',
  influence: 'influence',
  authority: 'influence',
  prior: 'influence',
}

// How an edge reads from its source, and from its target.
const EDGES: Record<string, [string, string]> = {
  cites: ['cites', 'cited by'],
  interprets: ['interprets', 'interpreted by'],
  history: ['decides on', 'decided on by'],
  amends: ['amends', 'amended by'],
  supersedes: ['supersedes', 'superseded by'],
  part_of: ['is part of', 'has as a part'],
  child_of: ['is under', 'has under it'],
  about: ['is about', 'is the subject of'],
  decided_by: ['decided by', 'decided'],
  in_year: ['in the year', 'is the year of'],
  similar_to: ['resembles', 'resembles'],
  predicted_link: ['may relate to', 'may relate to'],
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const plain = (code: string): string => capital(code.replaceAll('_', ' '))

export const kindName = (kind: string): string => KINDS[kind]?.[0] ?? plain(kind)
export const kindNames = (kind: string): string => KINDS[kind]?.[1] ?? plain(kind)
export const statusName = (status: string): string => STATUSES[status] ?? plain(status)
export const signalName = (signal: string): string => SIGNALS[signal] ?? signal.replaceAll('_', ' ')

export function edgeName(edge: string, outward = true): string {
  const names = EDGES[edge]
  if (names) return names[outward ? 0 : 1]
  return `${edge.replaceAll('_', ' ')}${outward ? '' : ' (from)'}`
}

/** Who speaks; operative text is named after the kind of document it stands in. */
export function speakerName(speaker: string, kind = ''): string {
  if (speaker === 'law' || speaker === kind) return kind && kind !== 'case' ? kindName(kind) : 'Law'
  return SPEAKERS[speaker] ?? plain(speaker)
}

/** `court` for words of authority, `apart` for separate opinions, `outside` for what is no part of the law. */
export function speakerWeight(speaker: string): 'court' | 'apart' | 'outside' {
  if (['syllabus', 'head_matter', 'note'].includes(speaker)) return 'outside'
  if (['dissent', 'plurality'].includes(speaker) || speaker.startsWith('concurrence')) return 'apart'
  return 'court'
}

/** Whether a status must catch the eye. */
export const needsNotice = (status: string): boolean => status !== '' && status !== 'in_force'

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

/** `2014-03-05` as "March 5, 2014"; the day is the document's own, so no time zone may move it. */
export function dateWords(iso: string | null | undefined): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(iso ?? '')
  if (!parts) return iso ?? ''
  return `${MONTHS[Number(parts[2]) - 1] ?? parts[2]} ${Number(parts[3])}, ${parts[1]}`
}

export const count = (value: number): string => value.toLocaleString('en-US')

/** "1 result", "3 results". */
export const counted = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`

export const percent = (share: number): string => `${Math.round(share * 100)} %`

/** Each reason's share of a score, largest first; signals that go by one name are one reason. */
export function reasons(signals: Record<string, number>): { name: string; share: number; words: string }[] {
  const named = new Map<string, number>()
  for (const [signal, value] of Object.entries(signals)) {
    if (value > 0) named.set(signalName(signal), (named.get(signalName(signal)) ?? 0) + value)
  }
  const sum = [...named.values()].reduce((total, value) => total + value, 0)
  return [...named]
    .sort((a, b) => b[1] - a[1])
    .map(([name, value]) => ({ name, share: value / sum, words: value / sum < 0.005 ? 'under 1 %' : percent(value / sum) }))
}

const TREATMENTS: Record<string, string> = {
  overrules_in_part: 'overrules in part',
  superseded_by_statute: 'says a statute superseded it',
  held_unconstitutional: 'holds it unconstitutional',
  held_unconstitutional_as_applied: 'holds it unconstitutional as applied',
  severed: 'severs a part of it',
  preempted: 'holds it pre-empted',
  upheld: 'upholds it',
  declines_to_follow: 'declines to follow',
}

/** What a decision does to an authority, as a verb: "overrules", "holds it unconstitutional". */
export const treatmentName = (kind: string): string => TREATMENTS[kind] ?? kind.replaceAll('_', ' ')

export const LEVELS: Record<string, string> = {
  negative: 'Negative treatment',
  caution: 'Caution',
  none_found: 'No negative treatment found',
}

/** How a case ended that did not decide its dispute; empty where it did, or where nothing tells. */
const WITHOUT_MERITS: Record<string, string> = {
  vacated_for_reconsideration: 'The case was sent back to be considered again: this decision holds nothing on the merits.',
  dismissed_as_improvidently_granted: 'Dismissed as improvidently granted: this decision holds nothing on the merits.',
  dismissed: 'Dismissed: this decision holds nothing on the merits.',
  certiorari_denied: 'Review was denied: this decision holds nothing on the merits.',
  stay: 'A ruling on a stay: this decision holds nothing on the merits.',
  certified_question: 'A question was certified: this decision holds nothing on the merits.',
}

export const withoutMerits = (kind: string): string => WITHOUT_MERITS[kind] ?? ''

const STAGES: Record<string, string> = { slip: 'Slip opinion', preliminary: 'Preliminary print', bound: 'Bound volume' }
export const stageName = (stage: string): string => STAGES[stage] ?? plain(stage)

const RUN_STATES: Record<string, string> = {
  running: 'Going on',
  done: 'Done',
  partial: 'Done in part',
  cancelled: 'Cancelled',
  refused: 'Refused to publish',
  failed: 'Failed',
  abandoned: 'Abandoned',
}

const CHANGES: Record<string, string> = {
  added: 'new',
  changed: 'changed',
  withdrawn: 'withdrawn',
  returned: 'came back',
  source_added: 'met at a second address',
  moved: 'moved to another address',
}

export const runState = (state: string): string => RUN_STATES[state] ?? plain(state)
export const changeName = (change: string): string => CHANGES[change] ?? change.replaceAll('_', ' ')

/** `2026-02-10T03:00:00+00:00` as "February 10, 2026, 03:00 UTC". */
export const momentWords = (iso: string | null | undefined): string => (iso ? `${dateWords(iso)}, ${iso.slice(11, 16)} UTC` : '')

/** A share with one decimal, since topics differ by less than a whole part in a hundred: "4.3 %". */
export const finePercent = (share: number): string => `${(share * 100).toFixed(1)} %`

const LABEL_SOURCES: Record<string, string> = { terms: 'found in its documents', llm: 'by a language model', person: 'given by a person' }
export const labelSource = (source: string): string => LABEL_SOURCES[source] ?? source

const VERDICTS: Record<string, string> = {
  better: 'The forecast holds',
  no_better: 'Naive does as well',
  too_few: 'Too few to tell',
}
export const verdictName = (verdict: string): string => VERDICTS[verdict] ?? verdict
