import { codes } from '../diagnostic/codes.ts'
import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { ruleFindings } from './check.ts'
import { toDiagnostic, type SpecFinding } from './finding.ts'
import { findingsOf } from './issues.ts'
import { mostFindings } from './limits.ts'
import { pathsOverlap, type SpecPath } from './path.ts'
import { plainValue } from './plain.ts'
import { salvage } from './salvage.ts'
import { specSchema, type Spec } from './schema.ts'
import { nearestPlace, placeOf, type SourceNode } from './source-map.ts'
import { textFault } from './text-fault.ts'
import { readYaml } from './yaml-tree.ts'

/** A complete spec with defaults filled in, or everything that is wrong with it; never half of either. */
export type ParsedSpec =
  | { readonly ok: true; readonly spec: Spec; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }

/**
 * Reads a spec written in YAML 1.2 (JSON is YAML too). Pure, and never throws.
 * All faults are found at once, each with its path, its line in `file` and the mend; values of
 * secrets are never repeated.
 */
export function parseSpec(text: string, file: string): ParsedSpec {
  const fault = textFault(text)
  if (fault) return { ok: false, diagnostics: [toDiagnostic(fault, file, undefined)] }
  const { value, source, findings, brokenFrom } = readYaml(text)
  return judge({ value, file, source, findings, brokenFrom })
}

/** The same for a spec that code built (`defineDatabase`): same findings, without lines. */
export function parseSpecValue(value: unknown, file: string): ParsedSpec {
  const plain = plainValue(value)
  return judge({
    value: plain.value,
    file,
    source: undefined,
    findings: plain.findings,
    brokenFrom: undefined,
  })
}

interface ReadSpec {
  readonly value: unknown
  readonly file: string
  readonly source: SourceNode | undefined
  /** Faults of the text or the object itself. */
  readonly findings: readonly SpecFinding[]
  readonly brokenFrom: number | undefined
}

function judge(read: ReadSpec): ParsedSpec {
  const parsed = specSchema.safeParse(read.value)
  if (parsed.success && read.findings.length === 0) {
    const found = inFileOrder(ruleFindings(parsed.data), read)
    const errors = found.filter(({ severity }) => severity === 'error')
    return errors.length > 0
      ? { ok: false, diagnostics: limited(found, read.file) }
      : { ok: true, spec: parsed.data, warnings: found }
  }
  const shape = parsed.success ? [] : findingsOf(parsed.error.issues, read.value)
  const unread = read.findings.map(({ path }) => path).filter((path) => path.length > 0)
  const certainShape = shape.filter(
    (finding) => !unread.some((path) => pathsOverlap(path, finding.path)) && isCertain(finding, read),
  )
  const findings = [...read.findings, ...certainShape, ...semanticDespite(shape, unread, read)]
  return { ok: false, diagnostics: limited(inFileOrder(findings, read), read.file) }
}

/** What the rules find in the sound part of a faulty spec, without anything that rests on the faulty part. */
function semanticDespite(
  shape: readonly SpecFinding[],
  unread: readonly SpecPath[],
  read: ReadSpec,
): SpecFinding[] {
  const saved = salvage(read.value)
  if (!saved) return []
  const doubtful = [
    ...unread,
    ...saved.removed,
    ...shape.flatMap(({ path, taints = [] }) => [path, ...taints]),
  ]
  return ruleFindings(saved.spec).filter((finding) => {
    const rests = [finding.path, ...(finding.involves ?? [])]
    return (
      !rests.some((path) => doubtful.some((faulty) => pathsOverlap(path, faulty))) && isCertain(finding, read)
    )
  })
}

/** After a syntax error the rest of the file may mean anything: only what stands whole before it is certain. */
function isCertain(finding: SpecFinding, read: ReadSpec): boolean {
  const { brokenFrom, source } = read
  if (brokenFrom === undefined) return true
  return [finding.path, ...(finding.involves ?? [])].every((path) => {
    const place = placeOf(source, path)
    return path.length > 0 && place !== undefined && place.line < brokenFrom
  })
}

function inFileOrder(findings: readonly SpecFinding[], read: ReadSpec): Diagnostic[] {
  const diagnostics = findings.map((finding) =>
    toDiagnostic(finding, read.file, nearestPlace(read.source, finding.path)),
  )
  return diagnostics.sort(
    (a, b) => (a.at.line ?? 0) - (b.at.line ?? 0) || (a.at.column ?? 0) - (b.at.column ?? 0),
  )
}

/** A file of garbage has as many faults as lines; a person reads the first ones. */
function limited(diagnostics: readonly Diagnostic[], file: string): readonly Diagnostic[] {
  if (diagnostics.length <= mostFindings) return diagnostics
  const more = diagnostics.length - mostFindings
  const rest = diagnose('SPEC_INVALID', {
    detail: `${String(more)} more findings are not shown`,
    mend: mend.advice('mend the ones above first'),
    at: { file },
  })
  const errorsFirst = [...diagnostics].sort((a, b) => rank(a) - rank(b))
  return [...errorsFirst.slice(0, mostFindings), rest]
}

function rank({ code }: Diagnostic): number {
  return codes[code].severity === 'error' ? 0 : 1
}
