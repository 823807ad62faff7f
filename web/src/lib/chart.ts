// Where the years of a trend stand in its picture: all in pixels of a box of the given size.

import type { YearForecast, YearShare } from '../topics'

export interface Mark {
  year: number
  x: number
  y: number
  top: number
  bottom: number
}

export interface TrendPicture {
  marks: Mark[]
  coming: Mark[]
  /** Years that follow each other are joined; a year without a case leaves a gap. */
  line: string
  /** From the last year with a case through the forecast. */
  ahead: string
  /** The interval of the forecast, as a closed shape. */
  band: string
  years: { year: number; x: number }[]
  shares: { share: number; y: number }[]
}

export interface Box {
  left: number
  right: number
  top: number
  bottom: number
}

const STEPS = [1, 2, 5, 10, 20, 25, 50, 100]

/** Round steps for an axis, at most `most` of them from 0 to the end. */
export function shareTicks(end: number, most = 5): number[] {
  const step = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5].find((one) => end / one <= most) ?? 0.5
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, at) => at * step)
}

/** Years to name so that no more than `most` stand in the axis; the step counts from round years. */
export function yearTicks(first: number, last: number, most: number): number[] {
  const step = STEPS.find((one) => (last - first) / one < most) ?? 100
  const start = Math.ceil(first / step) * step
  return Array.from({ length: Math.max(0, Math.floor((last - start) / step) + 1) }, (_, at) => start + at * step)
}

export function trendPicture(years: readonly YearShare[], forecast: readonly YearForecast[], box: Box): TrendPicture {
  const held = years.filter((year): year is YearShare & YearForecast => year.share !== null && year.low !== null && year.high !== null)
  const all = [...held, ...forecast]
  const first = Math.min(...all.map(({ year }) => year))
  const last = Math.max(...all.map(({ year }) => year))
  const highest = Math.min(1, Math.max(...all.map(({ high }) => high), 0.01) * 1.04)
  const x = (year: number): number => (first === last ? (box.left + box.right) / 2 : box.left + ((year - first) / (last - first)) * (box.right - box.left))
  const y = (share: number): number => box.bottom - (Math.min(share, highest) / highest) * (box.bottom - box.top)
  const mark = (one: YearForecast): Mark => ({ year: one.year, x: x(one.year), y: y(one.share), top: y(one.high), bottom: y(one.low) })
  const marks = held.map(mark)
  const coming = forecast.map(mark)
  const end = marks.at(-1)
  const on = (one: Mark): string => `${one.x.toFixed(1)} ${one.y.toFixed(1)}`
  const line = marks.map((one, at) => `${at > 0 && marks[at - 1]?.year === one.year - 1 ? 'L' : 'M'}${on(one)}`).join('')
  const ahead = end && coming.length > 0 ? `M${[end, ...coming].map(on).join('L')}` : ''
  const edge = [
    ...coming.map((one) => `${one.x.toFixed(1)} ${one.top.toFixed(1)}`),
    ...[...coming].reverse().map((one) => `${one.x.toFixed(1)} ${one.bottom.toFixed(1)}`),
  ]
  const band = end && coming.length > 0 ? `M${on(end)}L${edge.join('L')}Z` : ''
  const most = Math.max(2, Math.floor((box.right - box.left) / 52))
  return {
    marks,
    coming,
    line,
    ahead,
    band,
    years: all.length > 0 ? yearTicks(first, last, most).map((year) => ({ year, x: x(year) })) : [],
    shares: shareTicks(highest).map((share) => ({ share, y: y(share) })),
  }
}
