import { realpathSync, statSync } from 'node:fs'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { writeWholeFile } from '../hosts/whole-file.ts'
import { look } from '../operations/up.ts'
import type { Plan } from '../plan/plan.ts'
import type { Wanted } from '../plan/wanted.ts'
import { editSpec } from '../spec/edit.ts'
import { parseSpec } from '../spec/parse.ts'
import { formatPath, parsePath } from '../spec/path.ts'
import type { Output } from './output.ts'
import type { Session } from './session.ts'

interface Edit {
  /** As a mend names it: `roles.app.access`. */
  readonly path: string
  /** Undefined takes it out. */
  readonly to: unknown
}

/**
 * Writes what was changed by hand into the spec, so that the next plan keeps it. Comments and layout
 * stay. True when the spec was changed. Throws when the result would not be a valid spec.
 */
export async function adoptDrift(session: Session, output: Output): Promise<boolean> {
  const { wanted, specFile, specText } = session
  const edits = editsOf((await look(session.up)).plan, wanted.declaredSettings)
  if (edits.length === 0) {
    output.line('There is nothing to adopt.')
    return false
  }
  writeSpec(specFile, adoptedText(edits, specText, specFile), edits)
  for (const edit of edits) output.line(`Adopted into ${specFile}: ${said(edit)}`)
  return true
}

/** The edits that would keep what was found: of steps that would take it back, and of findings. */
export function editsOf(
  { steps, findings }: Pick<Plan, 'steps' | 'findings'>,
  declared: Wanted['declaredSettings'],
): readonly Edit[] {
  const edits = new Map<string, Edit>()
  for (const how of [...steps.map(({ adopt }) => adopt), ...findings.map((finding) => finding.mend)]) {
    if (how?.kind !== 'edit') continue
    const all = how.path === 'postgres.settings' ? settingEdits(how.to, declared) : [how]
    for (const { path, to } of all) edits.set(path, { path, to: joined(edits.get(path)?.to, to) })
  }
  return [...edits.values()]
}

/** The settings that differ alone, so that the user's own lines stay as they are written. */
function settingEdits(to: unknown, declared: Wanted['declaredSettings']): readonly Edit[] {
  const wanted = new Map(Object.entries((to ?? {}) as Record<string, string>))
  const names = [...new Set([...Object.keys(declared), ...wanted.keys()])]
  return names
    .filter((name) => wanted.get(name) !== declared[name])
    .map((name) => ({ path: formatPath(['postgres', 'settings', name]), to: wanted.get(name) }))
}

/** Each finding names a whole list with its own addition: together they have all of them. */
function joined(before: unknown, to: unknown): unknown {
  if (!Array.isArray(before) || !Array.isArray(to)) return to
  return [...new Set([...(before as unknown[]), ...(to as unknown[])])]
}

/** The spec with the edits in it. Throws DiagnosticError when it is code, or would be no valid spec. */
export function adoptedText(edits: readonly Edit[], text: string, file: string): string {
  if (!/\.ya?ml$|\.json$/.test(file)) {
    throw notAdopted(
      `${file} is code, which only its author can change`,
      `write into it yourself: ${edits.map(said).join('; ')}`,
    )
  }
  const edited = edits.reduce((before, { path, to }) => {
    const keys = parsePath(path)
    return keys ? editSpec(before, keys, to) : before
  }, text)
  const parsed = parseSpec(edited, file)
  if (!parsed.ok) throw new DiagnosticError(parsed.diagnostics)
  return edited
}

/** Whole or not at all: a full disk must not cost the user the spec. Behind a link, the file it leads to. */
function writeSpec(file: string, text: string, edits: readonly Edit[]): void {
  try {
    const real = realpathSync(file)
    const { mode, uid, gid } = statSync(real)
    writeWholeFile(real, text, { mode: mode & 0o777, owner: { uid, gid } })
  } catch (error) {
    throw notAdopted(
      `${file} cannot be written: ${(error as Error).message}`,
      `make the file writable, or write into it yourself: ${edits.map(said).join('; ')}`,
    )
  }
}

function said({ path, to }: Edit): string {
  return to === undefined ? `${path}: taken out` : `${path}: ${JSON.stringify(to)}`
}

function notAdopted(why: string, how: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('SPEC_UNREADABLE', { detail: `${why}; nothing was adopted`, mend: mend.advice(how) }),
  )
}
