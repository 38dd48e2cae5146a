import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Unit } from '../../../components/component.ts'
import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import { writeWholeFile } from '../../whole-file.ts'
import { readTrustedFile } from './trusted-file.ts'

const namePattern = /^[a-z][a-z0-9-]{0,39}$/

/** What the supervisor starts under a name, with its digest (components/digest.ts) as whoever wrote it computed it. */
export interface UnitDefinition {
  readonly unit: Unit
  readonly digest: string
}

/** Writes a definition. Definitions travel by file, never over the control socket. */
export function writeDefinition(directory: string, definition: UnitDefinition): void {
  writeWholeFile(fileOf(directory, definition.unit.name), `${JSON.stringify(definition, null, 1)}\n`, {
    mode: 0o644,
  })
}

/** Reads a definition; undefined when there is none. Throws DiagnosticError UNIT_UNSAFE, UNIT_REFUSED. */
export function readDefinition(directory: string, name: string): UnitDefinition | undefined {
  const text = readTrustedFile(fileOf(directory, name))
  return text === undefined ? undefined : (JSON.parse(text) as UnitDefinition)
}

/** Names of all defined units. */
export function definedUnits(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .map((name) => basename(name, '.json'))
      .filter((name) => namePattern.test(name))
      .sort()
  } catch {
    // no unit was ever started
    return []
  }
}

/** The data directory when the unit is a PostgreSQL server (`postgres -D DIR`). */
export function dataDirectoryOf(unit: Unit): string | undefined {
  const [program = '', ...args] = unit.argv
  const flag = args.indexOf('-D')
  return basename(program) === 'postgres' && flag >= 0 ? args[flag + 1] : undefined
}

function fileOf(directory: string, name: string): string {
  if (namePattern.test(name)) return join(directory, `${name}.json`)
  throw new DiagnosticError(
    diagnose('UNIT_REFUSED', {
      detail: `"${name}" is no name of a unit`,
      mend: mend.run('pgherd', 'status'),
    }),
  )
}
