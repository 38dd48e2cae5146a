import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { WriteHost, ReadHost } from '../hosts/host.ts'
import type { Applied } from '../plan/observed.ts'

const fileName = 'applied.json'

/**
 * What the last finished `up` left behind; undefined before the first. Throws DiagnosticError
 * APPLIED_UNREADABLE: without it nobody knows whether there was a database, so nothing may be made anew.
 */
export async function readApplied(host: ReadHost, state: string): Promise<Applied | undefined> {
  const path = `${state}/${fileName}`
  const text = await host.readFile(path)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (isApplied(value)) return value
  } catch {
    // said below
  }
  throw new DiagnosticError(
    diagnose('APPLIED_UNREADABLE', {
      detail: `${path} is damaged, so a change of the spec cannot be told from one made by hand, nor a lost database from a new one`,
      mend: mend.advice(`when the data directory ${state}/data is whole, remove ${path} and run: pgherd up`),
      at: { member: host.member, file: path },
    }),
  )
}

function isApplied(value: unknown): value is Applied {
  const { systemId, files, objects, servers } = (value ?? {}) as Partial<Record<keyof Applied, unknown>>
  const { roles, databases, functions } = (objects ?? {}) as Partial<
    Record<keyof Applied['objects'], unknown>
  >
  const isObject = typeof files === 'object' && files !== null
  return (
    (systemId === undefined || typeof systemId === 'string') &&
    (servers === undefined || Array.isArray(servers)) &&
    isObject &&
    [roles, databases, functions].every(Array.isArray)
  )
}

/** Records what an `up` reached, so that the next one tells a changed spec from drift. */
export function writeApplied(host: WriteHost, state: string, applied: Applied): Promise<void> {
  return host.writeFile({
    path: `${state}/${fileName}`,
    contents: `${JSON.stringify(applied, null, 1)}\n`,
    mode: 0o600,
    owner: 'invoker',
  })
}
