import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair } from 'yaml'
import { mend } from '../diagnostic/diagnostic.ts'
import type { Position, SpecFinding } from './finding.ts'
import { deepestNesting, mostAliasedValues } from './limits.ts'
import type { SpecPath } from './path.ts'
import { shown } from './shown.ts'
import type { SourceNode } from './source-map.ts'
import { syntaxFinding } from './yaml-syntax.ts'

/** What a YAML text says: plain values, where each stands, and what is wrong with the text itself. */
export interface YamlTree {
  readonly value: unknown
  readonly source: SourceNode
  readonly findings: readonly SpecFinding[]
  /** First line from which on the text cannot be trusted; undefined when all of it can. */
  readonly brokenFrom: number | undefined
}

interface Anchored {
  readonly value: unknown
  readonly size: number
}

/** Reads one YAML 1.2 document. Never throws; a text with errors still gives what can be made out. */
export function readYaml(text: string): YamlTree {
  const lines = new LineCounter()
  // uniqueKeys compares each key with each other; the walk below finds duplicates in linear time.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    stringKeys: true,
  })
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const findings: SpecFinding[] = []
  let brokenFrom: number | undefined
  const seenLines = new Set<number>()
  const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
  for (const error of errors) {
    const position = positionAt(error.pos[0])
    brokenFrom ??= position.line
    // One mistake often makes several errors on its line; the first names it best.
    if (seenLines.has(position.line)) continue
    seenLines.add(position.line)
    findings.push(syntaxFinding(error.code, position))
  }
  const source: SourceNode = { position: { line: 1, column: 1 }, children: new Map() }
  const walk = new Walk(positionAt, findings)
  const value = walk.convert(document.contents, [], source)
  return { value, source, findings, brokenFrom }
}

/** Turns parsed nodes into plain values, counting what aliases repeat. */
class Walk {
  readonly #positionAt: (offset: number) => Position
  readonly #findings: SpecFinding[]
  readonly #anchors = new Map<string, Anchored>()
  #values = 0
  #aliased = 0

  constructor(positionAt: (offset: number) => Position, findings: SpecFinding[]) {
    this.#positionAt = positionAt
    this.#findings = findings
  }

  convert(node: unknown, path: SpecPath, source: SourceNode): unknown {
    this.#values += 1
    if (isAlias(node)) return this.#alias(node.source, path, source)
    const before = this.#values
    const value = this.#convertNode(node, path, source)
    const anchor = (node as Partial<Node & { anchor: string }> | null)?.anchor
    // Registered after its contents, so that an anchor that contains itself stays unknown.
    if (anchor !== undefined) this.#anchors.set(anchor, { value, size: this.#values - before + 1 })
    return value
  }

  #convertNode(node: unknown, path: SpecPath, source: SourceNode): unknown {
    if (path.length > deepestNesting) {
      this.#report(
        'SPEC_SYNTAX',
        'values are nested too deeply',
        'remove levels; a spec needs six at most',
        path,
        source.position,
      )
      return null
    }
    if (isMap(node)) return this.#map(node.items, path, source)
    if (isSeq(node))
      return node.items.map((item, index) => this.#item(item, [...path, String(index)], source))
    if (!isScalar(node)) return null
    const { value } = node
    if (
      value === null ||
      typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean'
    )
      return value
    this.#report(
      'SPEC_SYNTAX',
      'a kind of value that only a YAML tag or an old YAML version makes',
      'remove the tag or the %YAML line',
      path,
      source.position,
    )
    return null
  }

  #map(items: readonly Pair[], path: SpecPath, source: SourceNode): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    for (const { key, value } of items) {
      if (!isScalar(key)) continue
      const name = String(key.value)
      const position = this.#positionAt(key.range?.[0] ?? 0)
      const at = [...path, name]
      const first = source.children.get(name)
      if (first) {
        const detail = `${shown(name)} stands here a second time; it is already on line ${String(first.position.line)}, and only one of the two could count`
        this.#report('SPEC_DUPLICATE_KEY', detail, 'remove one, or put what they hold together', at, position)
        continue
      }
      const child: SourceNode = { position, children: new Map() }
      source.children.set(name, child)
      const converted = this.convert(value, at, child)
      if (name === '__proto__')
        this.#report(
          'SPEC_NAME',
          `${shown(name)} cannot be a key: JavaScript gives it a meaning of its own`,
          'choose another name',
          at,
          position,
        )
      else result[name] = converted
    }
    return result
  }

  #item(item: unknown, path: SpecPath, source: SourceNode): unknown {
    const position = this.#positionAt((item as Partial<Node> | null)?.range?.[0] ?? 0)
    const child: SourceNode = { position, children: new Map() }
    source.children.set(path.at(-1) ?? '', child)
    return this.convert(item, path, child)
  }

  #alias(name: string, path: SpecPath, source: SourceNode): unknown {
    const target = this.#anchors.get(name)
    if (!target) {
      this.#report(
        'SPEC_SYNTAX',
        'an alias (*name) without an anchor (&name) before it',
        'put the text in quotes if it is no alias',
        path,
        source.position,
      )
      return null
    }
    this.#aliased += target.size
    this.#values += target.size
    if (this.#aliased <= mostAliasedValues) return target.value
    if (this.#aliased - target.size <= mostAliasedValues) {
      this.#report(
        'SPEC_TOO_LARGE',
        `aliases (*name) repeat more than ${String(mostAliasedValues)} values from here on`,
        'write the values out, or use fewer aliases',
        path,
        source.position,
      )
    }
    this.#aliased = Number.isSafeInteger(this.#aliased) ? this.#aliased : Number.MAX_SAFE_INTEGER
    return null
  }

  #report(
    code: SpecFinding['code'],
    detail: string,
    advice: string,
    path: SpecPath,
    position: Position,
  ): void {
    this.#findings.push({ code, detail, mend: mend.advice(advice), path, position })
  }
}
