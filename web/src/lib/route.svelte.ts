// Where the reader is: the part of the address after "#", which no server ever sees.

import { tick } from 'svelte'

import { pathSegment, type SearchFilters } from '../api'

export interface Route {
  view: string
  id: string
  params: URLSearchParams
}

export function parseHash(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s)
  const [view = '', ...rest] = path.split('/')
  let id = rest.join('/')
  try {
    id = decodeURIComponent(id)
  } catch {
    // A stray "%": take it as it is written.
  }
  return { view: view || 'search', id, params: new URLSearchParams(search) }
}

type Values = Record<string, string | number | readonly string[] | undefined | null>

export function link(view: string, id = '', values: Values = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null || value === '') continue
    if (typeof value === 'object') for (const one of value) params.append(name, one)
    else params.append(name, String(value))
  }
  const search = params.toString().replaceAll('%3A', ':')
  return `#/${view}${id && `/${pathSegment(id)}`}${search && `?${search}`}`
}

export const toDocument = (id: string, values: Values = {}): string => link('doc', id, values)

/** The filters that the search view keeps in the address, in the order in which they are shown. */
export const FACETS = ['kind', 'court', 'year', 'topic', 'status'] as const
export type Facet = (typeof FACETS)[number]

export const chosen = (params: URLSearchParams, facet: Facet): string[] => params.getAll(facet)

export function searchFilters(params: URLSearchParams): SearchFilters {
  const filters: SearchFilters = {}
  for (const facet of ['kind', 'court', 'topic', 'status'] as const) {
    const values = chosen(params, facet)
    if (values.length > 0) filters[facet] = values
  }
  const years = chosen(params, 'year').filter((year) => /^\d{1,4}$/.test(year))
  if (years.length > 0) filters.year = years.map(Number)
  return filters
}

export const place = $state({ route: parseHash(location.hash) })

// Texts arrive after the address changed, so the browser cannot restore the place by itself.
history.scrollRestoration = 'manual'
const places = new Map<number, number>()
let last = 0
let current = entry()

/** The number of the present history entry; a new one gets the next number and reports `fresh`. */
function entry(): { number: number; fresh: boolean } {
  const state = history.state as { entry?: number } | null
  if (typeof state?.entry === 'number') {
    last = Math.max(last, state.entry)
    return { number: state.entry, fresh: false }
  }
  last += 1
  history.replaceState({ entry: last }, '')
  return { number: last, fresh: true }
}

addEventListener('hashchange', () => {
  places.set(current.number, scrollY)
  current = entry()
  place.route = parseHash(location.hash)
})

/** Put the window where this entry was left, or at its top, once what was just loaded has been drawn. */
export async function restoreScroll(): Promise<void> {
  await tick()
  scrollTo({ top: current.fresh ? 0 : (places.get(current.number) ?? 0), behavior: 'instant' })
}

/** Whether this entry was opened anew rather than returned to. */
export const isFresh = (): boolean => current.fresh || !places.has(current.number)

export function go(address: string, replace = false): void {
  if (replace) {
    history.replaceState(history.state, '', address)
    place.route = parseHash(location.hash)
  } else location.hash = address
}
