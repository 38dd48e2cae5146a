import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath } from '../path.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggestion.ts'
import type { SpecRule } from './rule.ts'

/** Server encodings (PostgreSQL documentation, "Character Set Support"), in PostgreSQL's spelling. */
const encodings = [
  'EUC_CN', 'EUC_JIS_2004', 'EUC_JP', 'EUC_KR', 'EUC_TW', 'ISO_8859_5', 'ISO_8859_6', 'ISO_8859_7', 'ISO_8859_8', 'KOI8R',
  'KOI8U', 'LATIN1', 'LATIN2', 'LATIN3', 'LATIN4', 'LATIN5', 'LATIN6', 'LATIN7', 'LATIN8', 'LATIN9', 'LATIN10', 'MULE_INTERNAL',
  'SQL_ASCII', 'UTF8', 'WIN866', 'WIN874', 'WIN1250', 'WIN1251', 'WIN1252', 'WIN1253', 'WIN1254', 'WIN1255', 'WIN1256', 'WIN1257', 'WIN1258',
] // prettier-ignore

const plain = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')

export const databaseEncoding: SpecRule = {
  id: 'database-encoding',
  why: 'A locale fits one encoding only; CREATE DATABASE refuses the others.',
  *examine(spec) {
    for (const [name, { encoding, locale }] of Object.entries(spec.databases)) {
      const path = ['databases', name, 'encoding']
      const known = encodings.find((each) => plain(each) === plain(encoding))
      if (!known && plain(encoding) !== 'UNICODE') {
        yield {
          code: 'SPEC_INVALID',
          detail: `${shown(encoding)} is no encoding a PostgreSQL database can have`,
          mend: mend.edit(formatPath(path), nearest(encoding, encodings) ?? 'UTF8'),
          path,
        }
        continue
      }
      const utf8 = known === undefined || known === 'UTF8'
      const localeEncoding = locale?.split('.')[1]?.split('@')[0]
      const wantsUtf8 =
        locale === undefined || (localeEncoding !== undefined && plain(localeEncoding) === 'UTF8')
      if (!utf8 && wantsUtf8) {
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `database ${shown(name)} has the encoding ${shown(encoding)}, but its locale ${locale === undefined ? 'C.UTF-8 (the default)' : shown(locale)} works with UTF8 only`,
          mend: mend.edit(formatPath(path), 'UTF8'),
          path,
          involves: [['databases', name, 'locale']],
        }
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      databases: {
        d: { owner: 'app', encoding: 'utf-8' },
        e: { owner: 'app', encoding: 'LATIN1', locale: 'C' },
      },
      roles: { app: { access: 'owner' } },
    },
    bad: [
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'app', encoding: 'UTF16' } },
          roles: { app: { access: 'owner' } },
        },
        at: 'databases.d.encoding',
      },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'app', encoding: 'LATIN1' } },
          roles: { app: { access: 'owner' } },
        },
        at: 'databases.d.encoding',
      },
      {
        spec: {
          name: 'a',
          databases: { d: { owner: 'app', encoding: 'LATIN9', locale: 'de_DE.utf8' } },
          roles: { app: { access: 'owner' } },
        },
        at: 'databases.d.encoding',
      },
    ],
  },
}
