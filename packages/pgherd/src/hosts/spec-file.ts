import { open } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { diagnose, DiagnosticError, mend, type Diagnostic, type Mend } from '../diagnostic/diagnostic.ts'
import { withPaths } from '../spec/file-paths.ts'
import { longestFile } from '../spec/limits.ts'
import { parseSpec, parseSpecValue } from '../spec/parse.ts'
import type { Spec } from '../spec/schema.ts'
import { importSpec } from './spec-module.ts'

export interface SpecFile {
  /** Complete, checked, and with absolute paths: those in the file are relative to it. */
  readonly spec: Spec
  /** The file's own text; what `editSpec` changes when it is YAML. */
  readonly text: string
  /** Absolute path. */
  readonly file: string
  readonly warnings: readonly Diagnostic[]
}

const codeEndings = ['.ts', '.mts', '.js', '.mjs']

/**
 * Reads a spec from disk: YAML, or code (`.ts`, `.mts`, `.js`, `.mjs`) that exports one as default.
 * Code runs with the rights of the caller.
 * Throws DiagnosticError: SPEC_UNREADABLE, SPEC_TOO_LARGE, SPEC_CODE_FAILED, and what `parseSpec` finds.
 */
export async function readSpecFile(path: string): Promise<SpecFile> {
  const file = resolve(path)
  const text = await readText(path, file)
  const isCode = codeEndings.includes(extname(file).toLowerCase())
  const parsed = isCode ? parseSpecValue(await importSpec(path, file), path) : parseSpec(text, path)
  if (!parsed.ok) throw new DiagnosticError(parsed.diagnostics)
  return {
    spec: withPaths(parsed.spec, (inner) => resolve(dirname(file), inner)),
    text,
    file,
    warnings: parsed.warnings,
  }
}

async function readText(path: string, file: string): Promise<string> {
  const bytes = await readBytes(path, file)
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw unreadable(path, 'is saved as UTF-16', mend.advice('save it as UTF-8'))
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw unreadable(
      path,
      'is not text in UTF-8',
      mend.advice('check that this is the right file, and save it as UTF-8'),
    )
  }
}

/** Reads at most one byte more than a spec may have, and regular files only: a device or a pipe could go on for ever. */
async function readBytes(path: string, file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file, 'r')
    const facts = await handle.stat()
    if (facts.isDirectory()) {
      throw unreadable(
        path,
        'is a directory',
        mend.run('pgherd', 'plan', '--spec', join(path, 'pgherd.yaml')),
      )
    }
    if (!facts.isFile()) throw unreadable(path, 'is not a regular file', mend.advice('name a file'))
    const buffer = new Uint8Array(longestFile + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (bytesRead === 0 || length === buffer.length) break
    }
    if (length > longestFile) {
      throw new DiagnosticError(
        diagnose('SPEC_TOO_LARGE', {
          detail: `${path} is larger than ${String(longestFile / 2 ** 20)} MiB, so it is hardly a spec`,
          mend: mend.advice('check that this is the right file'),
          at: { file: path },
        }),
      )
    }
    return buffer.subarray(0, length)
  } catch (error) {
    throw error instanceof DiagnosticError ? error : openFault(path, error)
  }
}

function openFault(path: string, error: unknown): DiagnosticError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return unreadable(path, 'does not exist', mend.run('pgherd', 'init'))
  if (code === 'EACCES' || code === 'EPERM') {
    return unreadable(path, 'may not be read by you', mend.run('chmod', 'u+r', path))
  }
  return unreadable(path, `cannot be opened (${code})`, mend.advice('check the path and the disk'))
}

function unreadable(path: string, what: string, how: Mend): DiagnosticError {
  return new DiagnosticError(
    diagnose('SPEC_UNREADABLE', {
      detail: `${path} ${what}; without a spec there is nothing to do`,
      mend: how,
      at: { file: path },
    }),
  )
}
