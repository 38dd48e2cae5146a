// What every program of ours does first, in plain JavaScript: find its modules and cache what the compiler makes of them.
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { userInfo } from 'node:os'
import { join } from 'node:path'

const source = join(import.meta.dirname, '..', 'src')
const built = join(import.meta.dirname, '..', 'dist')

/** Loads a module by its path without ending: the build, or in a checkout the sources once one is newer. */
export function load(name) {
  cacheCompiledCode()
  return import(builtIsCurrent() ? join(built, `${name}.js`) : join(source, `${name}.ts`))
}

/** Spares the memory and the time of reading TypeScript. */
function cacheCompiledCode() {
  try {
    // Belongs to whoever runs this, never to the user PostgreSQL runs as and never in /tmp: what lies in it is
    // executed, by root where root runs us.
    const directory = join(userInfo().homedir, '.cache', 'pgherd')
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    enableCompileCache(directory)
  } catch {
    // no home directory: everything works without, only slower
  }
}

function builtIsCurrent() {
  const stamp = statSync(join(built, 'main.js'), { throwIfNoEntry: false })
  if (!stamp) return false
  if (!existsSync(source)) return true
  return readdirSync(source, { recursive: true }).every(
    (name) => statSync(join(source, name)).mtimeMs <= stamp.mtimeMs,
  )
}
