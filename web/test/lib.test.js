// The parts of the page that count: code points, layout of the canonical text, server-sent events, addresses.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createServer } from 'vite'

const vite = await createServer({ configFile: false, root: '.', logLevel: 'error', server: { middlewareMode: true, ws: false }, optimizeDeps: { noDiscovery: true } })
after(() => vite.close())
const { Canon, markedPieces } = await vite.ssrLoadModule('/src/lib/text.ts')
const { layOut, blockAt, excerpt } = await vite.ssrLoadModule('/src/lib/layout.ts')
const { trendPicture, shareTicks, yearTicks } = await vite.ssrLoadModule('/src/lib/chart.ts')
const { events } = await vite.ssrLoadModule('/src/api.ts')
const { asksHowMany } = await vite.ssrLoadModule('/src/lib/counting.ts')
const { reasons, signalName } = await vite.ssrLoadModule('/src/lib/words.ts')

const TEXTS = ['', 'plain § 12', '𝐀 one', 'a𝔘b😀😀c', '😀', 'lone \ud83d surrogate 😀 x', '\udc00😀']

test('code points become UTF-16 as iterating the string says', () => {
  for (const text of TEXTS) {
    const points = Array.from(text)
    const canon = new Canon(text)
    assert.equal(canon.length, points.length)
    for (let start = 0; start <= points.length; start++) {
      for (let end = start; end <= points.length; end++) {
        assert.equal(canon.slice(start, end), points.slice(start, end).join(''))
      }
    }
    assert.equal(canon.at(points.length + 5), text.length)
    assert.equal(canon.at(-1), 0)
  }
})

test('marked pieces join to the text, overlaps are marked once', () => {
  const text = '😀 the security deposit of a tenant'
  const pieces = markedPieces(text, [[15, 22], [6, 14], [10, 14]])
  assert.equal(pieces.map((one) => one.text).join(''), text)
  assert.deepEqual(pieces.filter((one) => one.marked).map((one) => one.text), ['security', 'deposit'])
  assert.deepEqual(markedPieces('', []), [])
})

// Places are found by searching, so that a miscounted literal cannot agree with a miscounting layout.
const point = (text, part, from = 0) => Array.from(text.slice(0, text.indexOf(part, from))).length
const span = (text, part, kind, label = '', attrs = {}) => {
  const start = point(text, part)
  return [start, start + Array.from(part).length, kind, label, attrs]
}

test('a section: lead-in, nested subsections, flush text, history', () => {
  const a = '(a) A landlord may hold a deposit 😀 if:\n(1) it is small; and\n(2) it is kept apart.\nThis is flush.'
  const text = `Lead-in.\n${a}\n(b) Second.\nLaws 1999, ch. 4.`
  const spans = [
    span(text, a, 'subsection', '(a)'),
    span(text, '(1) it is small; and', 'subsection', '(a)(1)'),
    span(text, '(2) it is kept apart.', 'subsection', '(a)(2)'),
    span(text, '(b) Second.', 'subsection', '(b)'),
    span(text, 'Laws 1999, ch. 4.', 'history'),
  ]
  const layout = layOut(new Canon(text), spans)
  assert.deepEqual(layout.zones.map((zone) => zone.kind), ['text', 'history'])
  const shown = layout.zones[0].blocks.map((block) => [block.anchor, block.depth, text.slice(block.start, block.end)])
  assert.deepEqual(shown, [
    ['', 0, 'Lead-in.'],
    ['(a)', 0, '(a) A landlord may hold a deposit 😀 if:'],
    ['(a)(1)', 1, '(1) it is small; and'],
    ['(a)(2)', 1, '(2) it is kept apart.'],
    ['(a)', 0, 'This is flush.'],
    ['(b)', 0, '(b) Second.'],
  ])
  const leads = layout.zones[0].blocks.map((block) => block.runs.filter((run) => run.lead).map((run) => run.text).join(''))
  assert.deepEqual(leads, ['', '(a)', '(1)', '(2)', '', '(b)'])
})

test('an opinion: numbers, notes of the same number in two opinions, pages, citations, highlight', () => {
  const majority = '{¶1} We affirm.1 See Marsh, 88 Frk. at 219. *216 The rule stands.\n1 Note of the court.'
  const dissent = '{¶2} I would reverse.1\n1 Note of the dissent.'
  const text = `Syllabus: held.\n${majority}\n${dissent}`
  const [m, d] = [point(text, majority), point(text, dissent)]
  const points = Array.from(text)
  const at = (part, from) => {
    const place = text.indexOf(part, from)
    assert.notEqual(place, -1)
    return place
  }
  const range = (part, from, kind, label = '', attrs = {}) => [at(part, from), at(part, from) + part.length, kind, label, attrs]
  assert.equal(points.length, text.length)
  const spans = [
    range('Syllabus: held.', 0, 'syllabus'),
    [m, m + majority.length, 'opinion', 'majority', { author: 'Reyes' }],
    [d, d + dissent.length, 'opinion', 'dissent', { author: 'Brandt' }],
    range(majority.split('\n')[0], m, 'paragraph', '1'),
    range(dissent.split('\n')[0], d, 'paragraph', '2'),
    [at('affirm.1', m) + 7, at('affirm.1', m) + 8, 'footnote_mark', '1', {}],
    [at('reverse.1', d) + 8, at('reverse.1', d) + 9, 'footnote_mark', '1', {}],
    range('1 Note of the court.', m, 'footnote', '1'),
    range('1 Note of the dissent.', d, 'footnote', '1'),
    range('*216', m, 'star_page', '216'),
  ]
  const cited = at('Marsh, 88 Frk. at 219', m)
  const row = { raw: 'Marsh, 88 Frk. at 219', start: cited, end: cited + 21, kind: 'short', pinpoint: '219', to: null, candidates: [] }
  const layout = layOut(new Canon(text), spans, [row], [cited + 7, at('The rule', m) + 8])
  assert.deepEqual(layout.zones.map((zone) => [zone.kind, zone.label]), [
    ['syllabus', ''], ['opinion', 'majority'], ['footnote', '1'], ['opinion', 'dissent'], ['footnote', '1'],
  ])
  assert.deepEqual(layout.marks.map((mark) => mark.note), [0, 1])
  assert.deepEqual(layout.notes.map((note) => note.mark), [0, 1])
  const runs = layout.zones[1].blocks[0].runs
  assert.equal(runs.map((run) => run.text).join(''), majority.split('\n')[0])
  assert.equal(runs.find((run) => run.lead).text, '{¶1}')
  assert.equal(runs.filter((run) => run.citation).map((run) => run.text).join(''), row.raw)
  assert.equal(runs.filter((run) => run.lit).map((run) => run.text).join(''), '88 Frk. at 219. *216 The rule')
  assert.equal(runs.find((run) => run.page).text, '*216')
  assert.equal(layout.zones[1].blocks[0].number, '')
  assert.equal(blockAt(layout, at('I would', d)).start, d)
  const part = excerpt(layout, d + 6, d + 10, 0)
  assert.deepEqual([part.zones.length, part.before, part.after], [1, true, true])
})

test('every inked character is drawn once, whatever the spans', () => {
  let seed = 7
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n
  const kinds = ['paragraph', 'subsection', 'opinion', 'footnote', 'footnote_mark', 'star_page', 'definition', 'history', 'strange']
  for (let round = 0; round < 200; round++) {
    const text = Array.from({ length: 60 }, () => 'ab \n😀'.at(random(6)) ?? 'x').join('')
    const length = Array.from(text).length
    const spans = Array.from({ length: 9 }, () => {
      const start = random(length + 1)
      return [start, Math.min(length, start + random(30)), kinds[random(kinds.length)], '1', {}]
    })
    const layout = layOut(new Canon(text), spans, [], [random(length), random(length)])
    const drawn = layout.zones.flatMap((zone) => zone.blocks.flatMap((block) => block.runs.map((run) => run.text))).join('')
    assert.equal(drawn.replace(/\s/g, ''), text.replace(/\s/g, ''))
  }
})

test('events survive any cut of the stream', async () => {
  const sent = new TextEncoder().encode(': hello\r\nevent: hits\r\ndata: [1,\r\ndata: 2]\r\n\r\nevent: done\ndata: {"a":"§😀"}\n\ndata: x\n\n')
  const expected = [{ name: 'hits', data: '[1,\n2]' }, { name: 'done', data: '{"a":"§😀"}' }, { name: 'message', data: 'x' }]
  for (const size of [1, 2, 3, 7, 1000]) {
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < sent.length; i += size) controller.enqueue(sent.slice(i, i + size))
        controller.close()
      },
    })
    const got = []
    for await (const event of events(body)) got.push(event)
    assert.deepEqual(got, expected)
  }
})

const BOX = { left: 0, right: 100, top: 0, bottom: 52 }
const year = (year, share) => ({ year, cases: share === null ? 0 : 10, weight: 0, share, low: share === null ? null : share / 2, high: share === null ? null : share * 2 })

test('a trend is drawn to scale, with a gap where a year has no case', () => {
  const years = [year(2000, 0.1), year(2001, 0.2), year(2002, null), year(2003, 0.25)]
  const drawn = trendPicture(years, [{ year: 2004, share: 0.25, low: 0.1, high: 0.4 }], BOX)
  assert.deepEqual(drawn.marks.map(({ x }) => x), [0, 25, 75])
  // 0.5 is the highest; a twenty-fifth more stays free above it
  assert.deepEqual(drawn.marks.map(({ y }) => Math.round(y)), [42, 32, 27])
  assert.equal(Math.round(drawn.marks[2].top), 2)
  assert.equal(drawn.line, 'M0.0 42.0L25.0 32.0M75.0 27.0')
  assert.equal(drawn.ahead, 'M75.0 27.0L100.0 27.0')
  assert.equal(drawn.band, 'M75.0 27.0L100.0 12.0L100.0 42.0Z')
})

test('one year, no year and no forecast are drawn too', () => {
  assert.equal(trendPicture([year(2000, 0.5)], [], BOX).marks[0].x, 50)
  const none = trendPicture([], [], BOX)
  assert.deepEqual([none.line, none.ahead, none.band, none.years], ['', '', '', []])
})

test('ticks are round and not too many', () => {
  assert.deepEqual(yearTicks(1997, 2009, 4), [2000, 2005])
  assert.deepEqual(yearTicks(2001, 2003, 9), [2001, 2002, 2003])
  assert.deepEqual(shareTicks(0.5).map((share) => share.toFixed(2)), ['0.00', '0.10', '0.20', '0.30', '0.40', '0.50'])
  for (const end of [0.004, 0.03, 0.11, 0.77, 1]) assert.ok(shareTicks(end).length <= 6 && shareTicks(end).length >= 2, `${end}`)
})

test('a question of how many documents is told from one for a number that the law states', () => {
  for (const asked of ['How many cases cite 521 U.S. 844?', 'how many sections of title 12 are there', 'What is the number of reported opinions since 1999?', 'Count the repealed sections', 'Please, how many still good federal decisions are held?'])
    assert.ok(asksHowMany(asked), asked)
  for (const other of ['How many days must a landlord wait?', 'Within how many days do the cases allow it?', 'how many votes do the sections require', 'count of conviction in the cases', 'security deposit'])
    assert.ok(!asksHowMany(other), other)
})

test('reasons are in words, the largest share first, signals of one name joined', () => {
  const found = reasons({ kind: 0.002, lexical: 0.2, bm25: 0.1, gist: 0.5, heading: 0 })
  assert.deepEqual(found.map(({ name, words }) => [name, words]), [['meaning of the whole document', '62 %'], ['words', '37 %'], ['the kind asked for', 'under 1 %']])
  const served = 'headed lexical lexical_top whole phrase dense dense_top gist anchor anchor_top citing heading name exact kind'.split(' ')
  const names = served.map(signalName)
  assert.equal(new Set(names).size, served.length)
  assert.ok(names.every((name) => !/_|headed|citing|dense|anchor|gist/.test(name)), names.join())
})
