import { hierarchy, partition, type HierarchyRectangularNode } from 'd3-hierarchy'

import type { TopicNode } from '../api'

export interface Branch {
  topic: TopicNode | null
  children: Branch[]
}

/** The topics as one tree; where several have no parent, an unnamed root holds them. */
export function grow(topics: readonly TopicNode[]): Branch {
  const branches = new Map(topics.map((topic) => [topic.id, { topic, children: [] as Branch[] } as Branch]))
  const roots: Branch[] = []
  for (const topic of topics) {
    const branch = branches.get(topic.id)
    if (!branch) continue
    const parent = topic.parent === null || topic.parent === topic.id ? undefined : branches.get(topic.parent)
    if (parent) parent.children.push(branch)
    else roots.push(branch)
  }
  for (const branch of branches.values()) branch.children.sort((a, b) => size(b) - size(a))
  roots.sort((a, b) => size(b) - size(a))
  const only = roots[0]
  return roots.length === 1 && only && only.children.length > 0 ? only : { topic: null, children: roots }
}

const size = (branch: Branch): number => branch.topic?.size ?? 0

export type Cell = HierarchyRectangularNode<Branch>

/**
 * Rectangles in the unit square: `x` runs across siblings by number of documents, `y` across levels.
 * What was merged into another topic is counted there. Soft membership lets the children of a topic hold more or fewer
 * documents than it has, so leaves set the scale.
 */
export function picture(root: Branch): Cell {
  const tree = hierarchy(root, (branch) => branch.children)
  tree.sum((branch) => (branch.children.length > 0 || branch.topic?.merged_into ? 0 : Math.max(1, size(branch))))
  return partition<Branch>().size([1, 1])(tree)
}
