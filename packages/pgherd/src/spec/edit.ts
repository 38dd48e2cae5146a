import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { diagnose, DiagnosticError, mend } from '../diagnostic/diagnostic.ts'
import { toDiagnostic } from './finding.ts'
import { valueAt } from './issues.ts'
import { shownPath, type SpecPath } from './path.ts'
import { isMapping, samePlain, withValueAt } from './plain-edit.ts'
import { textFault } from './text-fault.ts'
import { readYaml } from './yaml-tree.ts'
import { blockYaml, inlineYaml } from './yaml-text.ts'

/**
 * Changes one value of a YAML spec and leaves every other character as it is: comments, order,
 * quotes and blank lines. `undefined` takes the value out. In a list the path names a position.
 * The result is read back and compared before it is given out.
 * Throws DiagnosticError SPEC_SYNTAX when the text is no sound YAML, SPEC_INVALID when the change
 * cannot be made in the text (an alias stands in the way).
 */
export function editSpec(text: string, path: readonly string[], value: unknown): string {
  const before = readYaml(text)
  if (before.findings.length > 0)
    throw new DiagnosticError(before.findings.map((finding) => toDiagnostic(finding, '', undefined)))
  const old = valueAt(before.value, path)
  if (samePlain(old, value)) return text
  const partial =
    isMapping(old) && isMapping(value) && Object.keys(old).length > 0 && Object.keys(value).length > 0
  if (partial) return editEntries(text, path, old, value)
  const expected = withValueAt(before.value, path, value)
  for (const attempt of [spliced, rewritten]) {
    const result = attempt(text, path, value, before.value)
    if (result !== undefined && says(result, expected)) return result
  }
  throw new DiagnosticError(
    diagnose('SPEC_INVALID', {
      detail: `${shownPath(path)} cannot be changed in the file by itself, because an anchor, an alias or unusual layout stands in the way`,
      mend: mend.advice('change it by hand'),
      at: { path: shownPath(path) },
    }),
  )
}

/** A mapping in place of a mapping: only the entries that differ are touched. */
function editEntries(
  text: string,
  path: SpecPath,
  old: Readonly<Record<string, unknown>>,
  value: Readonly<Record<string, unknown>>,
): string {
  let result = text
  // Additions first, so that the mapping is never left without an entry on the way.
  for (const [key, inner] of Object.entries(value)) result = editSpec(result, [...path, key], inner)
  for (const key of Object.keys(old))
    if (!Object.hasOwn(value, key)) result = editSpec(result, [...path, key], undefined)
  return result
}

function says(text: string, expected: unknown): boolean {
  if (textFault(text)) return expected === undefined || samePlain(expected, {})
  const { value, findings } = readYaml(text)
  return findings.length === 0 && samePlain(value, expected)
}

function parse(text: string): Document.Parsed {
  return parseDocument(text, { uniqueKeys: false, stringKeys: true, prettyErrors: false })
}

/** The whole document printed anew: keeps comments, not every space. For layouts that splicing does not know. */
function rewritten(text: string, path: SpecPath, value: unknown): string | undefined {
  const document = parse(text)
  try {
    if (value === undefined) document.deleteIn(path)
    else document.setIn(path, document.createNode(value))
    return document.toString({ lineWidth: 0, flowCollectionPadding: false })
  } catch {
    // setIn refuses to go below text and aliases; the caller says so in its own words.
    return undefined
  }
}

/** Changes only the characters of the value itself. */
function spliced(text: string, path: SpecPath, value: unknown, root: unknown): string | undefined {
  const document = parse(text)
  let holder: unknown = document.contents
  let depth = 0
  for (; depth < path.length; depth += 1) {
    const key = path[depth] ?? ''
    const entry = entryOf(holder, key)
    if (!entry) break
    const below = isSeq(holder) ? entry : (entry as Pair).value
    const goesOn = depth < path.length - 1 && leads(below, path[depth + 1] ?? '')
    if (goesOn) {
      holder = below
      continue
    }
    if (value === undefined) return depth === path.length - 1 ? withoutEntry(text, holder, entry) : text
    const inner = withValueAt(valueAt(root, path.slice(0, depth + 1)), path.slice(depth + 1), value)
    return withReplaced(text, holder, entry, inner)
  }
  if (value === undefined) return text
  const inner = withValueAt(undefined, path.slice(depth + 1), value)
  return withAdded(text, holder, path[depth] ?? '', inner)
}

function entryOf(holder: unknown, key: string): Pair | Node | undefined {
  if (isMap(holder)) return holder.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)
  if (isSeq(holder) && /^\d+$/.test(key)) return holder.items[Number(key)] as Node | undefined
  return undefined
}

/** Whether a node has, or could take, an entry of that key without becoming something else. */
function leads(node: unknown, key: string): boolean {
  if (isMap(node)) return node.items.length > 0
  return isSeq(node) && node.items.length > 0 && /^\d+$/.test(key) && Number(key) <= node.items.length
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  const range = (node as Partial<Node> | null)?.range
  return range ? [range[0], range[1]] : undefined
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}

/** The end of a node's own characters, without the white space the parser counts to it: that of YAML, not of Unicode. */
function endOf(text: string, start: number, end: number): number {
  let own = end
  while (own > start && ' \t\r\n'.includes(text.charAt(own - 1))) own -= 1
  return own
}

function withReplaced(text: string, holder: unknown, entry: Pair | Node, value: unknown): string | undefined {
  const pair = isMap(holder) ? (entry as Pair) : undefined
  const node = pair ? pair.value : entry
  const range = rangeOf(node)
  if (!range || isAlias(node)) return undefined
  const [start, rawEnd] = range
  const end = endOf(text, start, rawEnd)
  const flow = (holder as YAMLMap | YAMLSeq).flow === true
  const asBlock = !flow && (isMapping(value) || Array.isArray(value)) && Object.keys(value).length > 0
  const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true
  if (isBlock && asBlock)
    return text.slice(0, start) + blockYaml(value, columnOf(text, start)) + text.slice(end)
  if (
    !isBlock &&
    end > start &&
    !(isScalar(node) && (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL'))
  ) {
    return text.slice(0, start) + inlineYaml(value) + text.slice(end)
  }
  const keyRange = pair && rangeOf(pair.key)
  if (!keyRange) return undefined
  // From the colon on: what stood there begins on a line of its own, or does not exist.
  const indent = columnOf(text, keyRange[0]) + 2
  const shape =
    asBlock && !(Array.isArray(value) && value.every((item) => typeof item !== 'object'))
      ? `\n${' '.repeat(indent)}${blockYaml(value, indent)}`
      : ` ${inlineYaml(value)}`
  return `${text.slice(0, keyRange[1])}:${shape}${text.slice(Math.max(end, keyRange[1] + 1))}`
}

function withoutEntry(text: string, holder: unknown, entry: Pair | Node): string | undefined {
  const collection = holder as YAMLMap | YAMLSeq
  if (collection.flow === true || collection.items.length < 2 || !isMap(holder)) return undefined
  const { key, value } = entry as Pair
  const keyRange = rangeOf(key)
  if (!keyRange) return undefined
  const lineStart = text.lastIndexOf('\n', keyRange[0] - 1) + 1
  if (text.slice(lineStart, keyRange[0]).trim() !== '') return undefined
  const valueRange = rangeOf(value) ?? keyRange
  const end = Math.max(endOf(text, keyRange[0], Math.max(valueRange[1], keyRange[1])), keyRange[1])
  const lineEnd = text.indexOf('\n', end)
  return text.slice(0, lineStart) + (lineEnd < 0 ? '' : text.slice(lineEnd + 1))
}

function withAdded(text: string, holder: unknown, key: string, value: unknown): string | undefined {
  if (holder === null || (isScalar(holder) && holder.value === null)) {
    const gap = text === '' || text.endsWith('\n') ? '' : '\n'
    return `${text}${gap}${blockYaml({ [key]: value }, 0)}\n`
  }
  if (!isMap(holder) && !isSeq(holder)) return undefined
  const range = rangeOf(holder)
  if (!range) return undefined
  const [start, rawEnd] = range
  const end = endOf(text, start, rawEnd)
  const entry = isMap(holder) ? `${inlineYaml(key)}: ${inlineYaml(value)}` : inlineYaml(value)
  if (holder.flow === true) {
    const body = text.slice(start, end - 1).trimEnd()
    const separator = holder.items.length === 0 ? '' : body.endsWith(',') ? ' ' : ', '
    return text.slice(0, start) + body + separator + entry + text.slice(end - 1)
  }
  const indent = columnOf(text, start)
  const lineEnd = text.indexOf('\n', end)
  const at = lineEnd < 0 ? text.length : lineEnd
  const block = blockYaml(isMap(holder) ? { [key]: value } : [value], indent)
  return `${text.slice(0, at)}\n${' '.repeat(indent)}${block}${text.slice(at)}`
}
