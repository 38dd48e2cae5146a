import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { diagnose, DiagnosticError, mend } from '../diagnostic/diagnostic.ts'

/** Code that waits for something longer than this will wait for ever. */
const patienceMs = 30_000

/**
 * Runs a spec written as code and gives its default export, read anew when the file has changed.
 * Throws DiagnosticError SPEC_CODE_FAILED with the message of the code's own error, its line when
 * that is known, and never a stack.
 */
export async function importSpec(path: string, file: string): Promise<unknown> {
  const url = pathToFileURL(file)
  // Modules are cached by URL; without this a changed spec would be read as it was.
  url.searchParams.set('changed', String((await stat(file)).mtimeMs))
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    timeout.reject(
      failed(path, `is still waiting for something after ${String(patienceMs / 1000)} s`, undefined),
    )
  }, patienceMs)
  try {
    const module = (await Promise.race([import(url.href), timeout.promise])) as { default?: unknown }
    if (module.default === undefined) throw failed(path, 'has no default export', undefined)
    return module.default
  } catch (error) {
    if (error instanceof DiagnosticError) throw error
    throw failed(path, `failed: ${messageOf(error)}`, positionIn(error, file))
  } finally {
    clearTimeout(timer)
  }
}

function failed(
  path: string,
  what: string,
  position: { line: number; column?: number } | undefined,
): DiagnosticError {
  return new DiagnosticError(
    diagnose('SPEC_CODE_FAILED', {
      detail: `${path} ${what}`,
      mend: mend.advice('mend the code; it ends with `export default defineDatabase({ ... })`'),
      at: { file: path, ...position },
    }),
  )
}

/** The first line of the code's own message, without control characters. */
function messageOf(error: unknown): string {
  const text =
    error instanceof Error
      ? error.message
      : typeof error === 'string'
        ? error
        : 'it threw something that is no error'
  const [line = ''] = text.trim().split(/[\r\n]/)
  return line.replaceAll(/\p{Cc}/gu, ' ').slice(0, 500)
}

/** Where in the file it happened; a stack is read for it, and not shown. */
function positionIn(error: unknown, file: string): { line: number; column?: number } | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const name of [pathToFileURL(file).href, file]) {
    const from = stack.indexOf(name)
    if (from < 0) continue
    const match = /^(?:\?[^:\s]*)?:(\d+)(?::(\d+))?/.exec(stack.slice(from + name.length))
    if (match) return { line: Number(match[1]), ...(match[2] !== undefined && { column: Number(match[2]) }) }
  }
  return undefined
}
