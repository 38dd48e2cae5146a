import { buildHas } from '../gucs/build-options.ts'
import { tuned, type Subject } from '../subject.ts'

/** What initdb would have taken from the machine it ran on: fixed, so that every machine behaves alike. */
export const locale: Subject = {
  name: 'locale',
  settings: ({ facts }) => [
    tuned(
      'timezone',
      'UTC',
      'times look the same whatever machine the server runs on; sessions set their own',
    ),
    tuned('datestyle', 'iso, mdy', 'dates are written as ISO 8601'),
    tuned('lc_monetary', 'C', 'does not depend on the machine'),
    tuned('lc_numeric', 'C', 'does not depend on the machine'),
    tuned('lc_time', 'C', 'does not depend on the machine'),
    tuned(
      'default_text_search_config',
      'pg_catalog.english',
      'what initdb chooses for the C.UTF-8 locale; a database or role can set its own',
    ),
    ...(buildHas(facts, 'lz4') === 'yes'
      ? [
          tuned(
            'default_toast_compression',
            'lz4',
            'long values are packed and unpacked several times faster than with pglz',
          ),
        ]
      : []),
  ],
}
