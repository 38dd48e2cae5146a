import { execFile } from 'node:child_process'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Herd } from '@pgherd/testbed/herd.ts'
import { expect } from 'vitest'

const examples = join(import.meta.dirname, '../../../examples')

/** A file of an example. */
export function exampleFile(name: string, path: string): string {
  return readFileSync(join(examples, name, path), 'utf8')
}

/** The spec of an example with its migrations beside it, on ports of its own; up, and not yet proven. */
export async function herdOf(name: string): Promise<Herd> {
  const herd = await Herd.create({ specText: exampleFile(name, 'pgherd.yaml') })
  const migrations = join(examples, name, 'migrations')
  if (existsSync(migrations)) cpSync(migrations, join(herd.directory, 'migrations'), { recursive: true })
  try {
    await herd.up()
  } catch (error) {
    await herd[Symbol.asyncDispose]()
    throw error
  }
  return herd
}

/** What a program of an example prints, started as its README says: with the URL of a role. */
export async function printed(
  herd: Herd,
  role: string,
  name: string,
  path: string,
  ...args: readonly string[]
): Promise<string> {
  const { url } = await herd.url(role)
  const { stdout } = await promisify(execFile)(process.execPath, [join(examples, name, path), ...args], {
    cwd: herd.directory,
    env: { PATH: process.env['PATH'], DATABASE_URL: url },
  })
  return stdout
}

/** The code in the README of an example is its files, word for word, and the text is what its programs print. */
export function expectReadme(
  name: string,
  { files, outputs }: { readonly files: readonly string[]; readonly outputs: readonly string[] },
): void {
  const readme = exampleFile(name, 'README.md')
  const blocks = [...readme.matchAll(/```(?:ts|sql)\n([^]*?)```/g)].map((match) => match[1])
  expect(blocks).toEqual(files.map((path) => exampleFile(name, path)))
  expect([...readme.matchAll(/```text\n([^]*?)```/g)].map((match) => match[1])).toEqual(outputs)
}
