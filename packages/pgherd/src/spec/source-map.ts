import type { Position } from './finding.ts'
import type { SpecPath } from './path.ts'

/** Where each key and list item of a spec stands in its file. */
export interface SourceNode {
  readonly position: Position
  readonly children: Map<string, SourceNode>
}

/** The place of a path, when it stands in the file itself. */
export function placeOf(root: SourceNode | undefined, path: SpecPath): Position | undefined {
  let node = root
  for (const segment of path) node = node?.children.get(segment)
  return node?.position
}

/** The place of a path, or of the nearest thing around it that stands in the file. */
export function nearestPlace(root: SourceNode | undefined, path: SpecPath): Position | undefined {
  let node = root
  for (const segment of path) {
    const next = node?.children.get(segment)
    if (!next) break
    node = next
  }
  return node?.position
}
