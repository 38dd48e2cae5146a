import { preloadLibraries, type PreloadLibrary } from './preload-libraries.ts'
import type { Sizing } from './sizing.ts'

/** Libraries to load at the start: those always wanted and those of declared extensions, as far as they are installed. */
export function librariesToPreload({
  spec,
  facts,
}: Pick<Sizing, 'spec' | 'facts'>): readonly PreloadLibrary[] {
  const declared = new Set(Object.values(spec.databases).flatMap(({ extensions }) => extensions))
  return preloadLibraries.filter(
    ({ extension, when }) =>
      facts.postgres.extensions.includes(extension) && (when === 'always' || declared.has(extension)),
  )
}

/** Databases that declare an extension. */
export function databasesWith({ spec }: Pick<Sizing, 'spec'>, extension: string): readonly string[] {
  return Object.entries(spec.databases)
    .filter(([, { extensions }]) => extensions.includes(extension))
    .map(([name]) => name)
}

/** Background workers all of them start. */
export function preloadWorkers(sizing: Pick<Sizing, 'spec' | 'facts'>): number {
  return librariesToPreload(sizing).reduce((sum, { workers }) => sum + workers, 0)
}

/** One value of shared_preload_libraries: pgherd's in their order, then those the spec adds. Names are split as SplitDirectoriesString does. */
export function preloadList(
  sizing: Pick<Sizing, 'spec' | 'facts'>,
  declared: string | undefined,
): readonly string[] {
  const own = librariesToPreload(sizing).map(({ library }) => library)
  const added = (declared ?? '').split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
  return [...new Set([...own, ...added.filter((name) => name !== '')])]
}
