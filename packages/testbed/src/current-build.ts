import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const product = join(import.meta.dirname, '../../pgherd')

/** Whether what the programs run from is as new as every source. */
function isBuildCurrent(): boolean {
  const built = statSync(join(product, 'dist/main.js'), { throwIfNoEntry: false })
  if (!built) return false
  const source = join(product, 'src')
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/[.](test|testkit|fixture)[.]ts$/.test(name))
    .every((name) => statSync(join(source, name)).mtimeMs <= built.mtimeMs)
}

/** Builds the product when a source is newer than the build: a test must never run what was written before. Throws when it fails. */
export function setup(): void {
  if (isBuildCurrent()) return
  // the programs alone: nobody who runs them reads their types
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(product, 'scripts/build.ts')], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`)
}
