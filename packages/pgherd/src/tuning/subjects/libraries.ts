import { databasesWith, librariesToPreload, preloadList } from '../preload.ts'
import { clamp, GB } from '../size-text.ts'
import { required, tuned, type Subject } from '../subject.ts'

/** Libraries loaded at the start, in one line: a second line would replace the first. */
export const libraries: Subject = {
  name: 'libraries',
  settings: (sizing) => {
    const known = librariesToPreload(sizing)
    const list = preloadList(sizing, sizing.overrides.get('shared_preload_libraries'))
    const added = list.filter((library) => !known.some((each) => each.library === library))
    const reasons = [
      ...known.map(({ library, why }) => `${library} for ${why}`),
      ...added.map((library) => `${library} because postgres.settings asks for it`),
    ]
    const has = (extension: string) => known.some((each) => each.extension === extension)
    return [
      required(
        'shared_preload_libraries',
        list.join(','),
        reasons.length > 0 ? reasons.join('; ') : 'nothing to load',
      ),
      ...known.flatMap(({ extension, settings = {}, databaseSetting }) => {
        const [database] = databasesWith(sizing, extension)
        return [
          ...Object.entries(settings).map(([name, value]) => required(name, value, `${extension} needs it`)),
          ...(databaseSetting && database !== undefined
            ? [required(databaseSetting, database, `the database that declares ${extension}`)]
            : []),
        ]
      }),
      ...(has('pg_stat_statements')
        ? [
            tuned('pg_stat_statements.max', 5000, '5000 different statements are told apart'),
            tuned('track_functions', 'pl', 'time spent in functions is counted'),
          ]
        : []),
      ...(has('timescaledb')
        ? [
            tuned(
              'max_locks_per_transaction',
              clamp(128, 2 ** Math.ceil(Math.log2(Math.max(1, sizing.memory / GB))) * 16, 1024),
              'one query may lock every chunk of a hypertable',
            ),
          ]
        : []),
    ]
  },
}
