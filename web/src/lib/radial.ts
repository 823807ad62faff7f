import type { GraphEdge, GraphNode, Neighbours } from '../api'

export interface Spot {
  node: GraphNode
  x: number
  y: number
  /** Which side of the node its name stands on. */
  anchor: 'start' | 'end'
}

export interface Line {
  edge: GraphEdge
  path: string
}

export interface Picture {
  spots: Spot[]
  lines: Line[]
  left: number
  right: number
  shownLeft: number
  shownRight: number
}

const INFERRED = new Set(['similar_to', 'predicted_link'])
export const isInferred = (kind: string): boolean => INFERRED.has(kind)

/**
 * Neighbours on an ellipse round the centre: on the left arc those that point to it, on the right arc those that it
 * points to. Each side shows at most `limit`, the heaviest first; the table beside the picture has all.
 */
export function radial(graph: Neighbours, width: number, height: number, limit: number): Picture {
  const centre = { x: width / 2, y: height / 2 }
  const known = new Map(graph.nodes.filter((node) => node.id !== graph.node.id).map((node) => [node.id, node]))
  const outward = new Map<string, GraphEdge>()
  const inward = new Map<string, GraphEdge>()
  for (const edge of [...graph.edges].sort((a, b) => b.weight - a.weight)) {
    if (edge.source === graph.node.id && known.has(edge.target) && !outward.has(edge.target)) outward.set(edge.target, edge)
    else if (edge.target === graph.node.id && known.has(edge.source) && !inward.has(edge.source)) inward.set(edge.source, edge)
  }
  // What points both ways stands once, on the side of what this document says.
  for (const id of outward.keys()) inward.delete(id)

  const spots: Spot[] = []
  const lines: Line[] = []
  const arc = (side: Map<string, GraphEdge>, middle: number): number => {
    const chosen = [...side].slice(0, limit).sort((a, b) => order(a[1], b[1]))
    chosen.forEach(([id, edge], index) => {
      const node = known.get(id)
      if (!node) return
      const spread = Math.min(0.86, 0.17 * chosen.length) * Math.PI
      const turn = chosen.length === 1 ? 0 : (index / (chosen.length - 1) - 0.5) * spread
      const angle = middle === 0 ? turn : Math.PI - turn
      const x = centre.x + Math.cos(angle) * width * 0.23
      const y = centre.y + Math.sin(turn) * height * 0.44
      spots.push({ node, x, y, anchor: middle === 0 ? 'start' : 'end' })
      const bend = (centre.x + x) / 2
      lines.push({ edge, path: `M${round(centre.x)} ${round(centre.y)}Q${round(bend)} ${round(y)} ${round(x)} ${round(y)}` })
    })
    return chosen.length
  }
  const shownRight = arc(outward, 0)
  const shownLeft = arc(inward, Math.PI)
  return { spots, lines, left: inward.size, right: outward.size, shownLeft, shownRight }
}

const order = (a: GraphEdge, b: GraphEdge): number => a.kind.localeCompare(b.kind) || b.weight - a.weight
const round = (value: number): number => Math.round(value * 10) / 10
