import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A module may be a source below `src/` or a part of a chunk below `dist/`: the package is where its package.json lies. */
function packageRoot(directory = import.meta.dirname): string {
  return existsSync(join(directory, 'package.json')) ? directory : packageRoot(dirname(directory))
}

/** Path of a file of the package, as in its package.json: `bin/pgherd.js`, `schema/pgherd.schema.json`. */
export function packageFile(name: string): string {
  return join(packageRoot(), name)
}

/** Path of a module that is run as a process of its own: compiled when we are, else the source. */
export function processScript(name: string): string {
  return packageFile(import.meta.filename.endsWith('.ts') ? `src/${name}.ts` : `dist/${name}.js`)
}
