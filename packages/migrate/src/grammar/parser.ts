import type * as LibPgQuery from 'libpg-query'

type Parser = Pick<typeof LibPgQuery, 'parseSync' | 'scanSync'>

let loading: Promise<Parser> | undefined

/** The grammar of PostgreSQL 18 itself, as WebAssembly. Loaded when it is first needed: most runs of migrations never need it. */
export function loadParser(): Promise<Parser> {
  loading ??= import('libpg-query').then(async (module) => {
    await module.loadModule()
    return module
  })
  return loading
}
