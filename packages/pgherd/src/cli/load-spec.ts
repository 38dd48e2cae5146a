import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { readSpecFile } from '../hosts/spec-file.ts'
import type { Spec } from '../spec/schema.ts'
import type { Globals } from './command.ts'

export interface LoadedSpec {
  readonly spec: Spec
  readonly text: string
  readonly file: string
  readonly warnings: readonly Diagnostic[]
  /** `--state`, absolute; or where the saved spec was found. */
  readonly state?: string
}

/**
 * Reads the spec file. With `savedSpec` a spec that is gone is taken from the state of the last `up`:
 * somebody must be able to look at a running database, and stop it, without its file.
 */
export async function loadSpec(globals: Globals, savedSpec: boolean): Promise<LoadedSpec> {
  const file = resolve(globals.spec)
  const state = globals.state === undefined ? {} : { state: resolve(globals.state) }
  if (savedSpec && !existsSync(file)) {
    const saved = findSaved(file, state.state)
    if (saved) return { ...saved, file, text: '', warnings: [] }
  }
  const { spec, text, warnings } = await readSpecFile(file)
  return { spec, text, file, warnings, ...state }
}

/** The spec the agent was given, in the named state directory, or in the only one beside the spec. */
function findSaved(file: string, state: string | undefined): { spec: Spec; state: string } | undefined {
  const beside = join(dirname(file), '.pgherd')
  const candidates = state === undefined ? entriesOf(beside) : [state]
  const found = candidates.filter((each) => existsSync(join(each, 'config', 'agent.json')))
  const [only] = found
  if (only === undefined || found.length > 1) return undefined
  try {
    const { spec } = JSON.parse(readFileSync(join(only, 'config', 'agent.json'), 'utf8')) as { spec: Spec }
    return { spec, state: only }
  } catch {
    // torn or not readable for this user: that the spec is gone is the finding
    return undefined
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name))
  } catch {
    return []
  }
}
