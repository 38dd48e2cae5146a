import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { plainLibraries, preloadLibraries } from '../preload-libraries.ts'
import { databasesWith, librariesToPreload, preloadList } from '../preload.ts'
import type { Limit } from './limit.ts'

/** What is loaded at the start is there, and stands in one database where it must. */
export const libraries: Limit = (sizing) => {
  const several = librariesToPreload(sizing).flatMap(({ extension, databaseSetting }) => {
    const databases = databasesWith(sizing, extension)
    if (!databaseSetting || databases.length < 2) return []
    return [
      diagnose('PRELOAD_DATABASES', {
        detail: `${extension} can live in one database only, and ${databases.join(', ')} declare it`,
        mend: mend.advice(`keep ${extension} in one of them; its jobs can run in others`),
        at: { path: `databases.${databases[1]}.extensions` },
      }),
    ]
  })
  const known = new Set([
    ...plainLibraries,
    ...preloadLibraries.map(({ library }) => library),
    ...sizing.facts.postgres.extensions,
  ])
  const strange = preloadList(sizing, sizing.overrides.get('shared_preload_libraries')).filter(
    (library) => !known.has(library),
  )
  return [
    ...several,
    ...strange.map((library) =>
      diagnose('PRELOAD_UNKNOWN', {
        detail: `shared_preload_libraries names ${library}, which no installed extension is called; if the file is missing, the server does not start`,
        mend: mend.advice(`check that ${library} is installed in ${sizing.facts.postgres.bin}/../lib`),
        at: { path: 'postgres.settings.shared_preload_libraries' },
      }),
    ),
  ]
}
