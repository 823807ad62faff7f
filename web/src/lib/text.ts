// The service counts in Unicode code points, JavaScript in UTF-16 units. `Canon` is the one place where they meet.

export class Canon {
  readonly text: string
  /** UTF-16 places of the high surrogates, ascending: each makes all later code points lie one unit further. */
  private readonly wide: number[] = []

  constructor(text: string) {
    this.text = text
    for (let i = 0; i < text.length - 1; i++) {
      const unit = text.charCodeAt(i)
      if (unit < 0xd800 || unit > 0xdbff) continue
      const next = text.charCodeAt(i + 1)
      if (next >= 0xdc00 && next <= 0xdfff) this.wide.push(i++)
    }
  }

  /** The length in code points. */
  get length(): number {
    return this.text.length - this.wide.length
  }

  /** The UTF-16 place of a code point; past the end, the end. */
  at(point: number): number {
    if (point <= 0) return 0
    if (this.wide.length === 0) return Math.min(point, this.text.length)
    // The k-th wide character is code point wide[k] - k; count those that lie before `point`.
    let low = 0
    let high = this.wide.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.wide[middle] ?? 0) - middle < point) low = middle + 1
      else high = middle
    }
    return Math.min(point + low, this.text.length)
  }

  slice(start: number, end: number): string {
    return this.text.slice(this.at(start), this.at(end))
  }
}

export interface Piece {
  text: string
  marked: boolean
}

/** Cut a text into marked and plain pieces; ranges are code points, may overlap and come in any order. */
export function markedPieces(text: string, ranges: readonly (readonly [number, number])[]): Piece[] {
  const canon = new Canon(text)
  const ordered = [...ranges].filter(([start, end]) => end > start).sort((a, b) => a[0] - b[0])
  const pieces: Piece[] = []
  let done = 0
  for (const [start, end] of ordered) {
    const from = Math.max(start, done)
    if (end <= from) continue
    if (from > done) pieces.push({ text: canon.slice(done, from), marked: false })
    pieces.push({ text: canon.slice(from, end), marked: true })
    done = end
  }
  if (done < canon.length) pieces.push({ text: canon.slice(done, canon.length), marked: false })
  return pieces.filter((piece) => piece.text !== '')
}
