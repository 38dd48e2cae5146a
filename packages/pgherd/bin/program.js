// What every program of ours does first, in plain JavaScript: find its modules and cache what the compiler makes of them.
import { existsSync, mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { userInfo } from 'node:os'
import { join } from 'node:path'

const source = join(import.meta.dirname, '..', 'src')
const built = join(import.meta.dirname, '..', 'dist')

/** Loads a module by its path without ending: the build (`npm run build`), or the sources where there is none. */
export function load(name) {
  cacheCompiledCode()
  const compiled = join(built, `${name}.js`)
  return import(existsSync(compiled) ? compiled : join(source, `${name}.ts`))
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
