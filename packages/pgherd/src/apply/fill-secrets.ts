import { randomBytes } from 'node:crypto'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { scramVerifier } from '../secrets/scram.ts'
import { readGap } from '../secrets/secret.ts'

type ReadSecret = (id: string) => Promise<string>

/** Values are put in once: what a value holds is never read as a gap itself. */
async function replaceGaps(text: string, kind: string, value: ReadSecret): Promise<string> {
  const gaps = new RegExp(`\\{\\{${kind}:(?:([^{}]+)\\}\\})?`, 'g')
  const values = new Map<string, string>()
  for (const [, id] of text.matchAll(gaps)) {
    if (id === undefined) throw new Error(`a gap for a secret has no name; nothing was written`)
    if (!values.has(id)) values.set(id, await value(id))
  }
  return text.replace(gaps, (_gap, id: string) => values.get(id) ?? '')
}

/** An empty secret would be an open door: a file somebody cut to nothing is as good as gone. */
function notEmpty(read: ReadSecret): ReadSecret {
  return async (id) => {
    const value = await read(id)
    if (value !== '') return value
    throw new DiagnosticError(
      diagnose('SECRET_GONE', {
        detail: `the file of the secret ${id} is empty; nothing was written with it`,
        mend: mend.advice('remove the empty file, then run: pgherd up'),
      }),
    )
  }
}

/** Puts the values of secrets into the gaps of a rendered file (secrets/secret.ts). */
export function fillSecrets(text: string, read: ReadSecret): Promise<string> {
  const known = notEmpty(read)
  return replaceGaps(text, 'secret', async (gap) => {
    const { id, written } = readGap(gap)
    return written(await known(id))
  })
}

/** Puts SCRAM-SHA-256 verifiers into SQL: the password itself is never sent to the server or its log. */
export function fillVerifiers(text: string, read: ReadSecret): Promise<string> {
  const known = notEmpty(read)
  return replaceGaps(text, 'scram', async (id) => scramVerifier(await known(id), randomBytes(16)))
}
