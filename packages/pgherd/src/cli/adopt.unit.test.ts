import { expect, test } from 'vitest'
import { mend } from '../diagnostic/diagnostic.ts'
import { decideOrRefuse } from '../plan/decide.ts'
import type { Observed } from '../plan/observed.ts'
import { settled, shopSpec, shopState, wantedOf } from '../plan/settled.testkit.ts'
import { adoptedText, editsOf } from './adopt.ts'

const text = `# the shop
${shopSpec}postgres:
  settings:
    random_page_cost: 1.5 # measured
    work_mem: 9MB
`
const wanted = wantedOf(text)
const fine = settled(wanted)
const conf = `${shopState}/config/postgresql.conf`
const file = '/srv/shop/pgherd.yaml'

function adopted(found: Observed): string {
  return adoptedText(editsOf(decideOrRefuse(wanted, found), wanted.declaredSettings), text, file)
}

test('a hand-made setting joins those of the spec; comments and what was declared stay', () => {
  const contents = `${fine.files[conf]?.contents ?? ''}\nmaintenance_work_mem = '77MB'\nwork_mem = '11MB'\n`
  const found = { ...fine, files: { ...fine.files, [conf]: { digest: 'edited', mode: 0o600, contents } } }
  const after = adopted(found)
  expect(after).toContain('# the shop')
  expect(after).toContain('random_page_cost: 1.5 # measured')
  expect(after).toContain('maintenance_work_mem: 77MB')
  expect(after).toContain('work_mem: 11MB')
  // and the next plan keeps it
  const next = wantedOf(after)
  expect(next.declaredSettings).toEqual({
    random_page_cost: '1.5',
    work_mem: '11MB',
    maintenance_work_mem: '77MB',
  })
})

test('a setting of the spec taken out of the file is taken out of the spec', () => {
  const contents = (fine.files[conf]?.contents ?? '').replace(/^random_page_cost.*\n/m, '')
  const found = { ...fine, files: { ...fine.files, [conf]: { digest: 'edited', mode: 0o600, contents } } }
  expect(wantedOf(adopted(found)).declaredSettings).toEqual({ work_mem: '9MB' })
})

test('a file and ALTER SYSTEM at once', () => {
  const contents = `${fine.files[conf]?.contents ?? ''}\nmaintenance_work_mem = '77MB'\n`
  const found: Observed = {
    ...fine,
    files: { ...fine.files, [conf]: { digest: 'edited', mode: 0o600, contents } },
    server: { ...fine.server, autoConf: { 'auto_explain.log_min_duration': '1s' } },
  }
  expect(wantedOf(adopted(found)).declaredSettings).toEqual({
    random_page_cost: '1.5',
    work_mem: '9MB',
    maintenance_work_mem: '77MB',
    'auto_explain.log_min_duration': '1s',
  })
})

test('two lists that each gained something become one with both', () => {
  const path = 'databases.shop.extensions'
  const finding = (to: string[]) =>
    ({ mend: mend.edit(path, to) }) as Parameters<typeof editsOf>[0]['findings'][number]
  const edits = editsOf(
    {
      steps: [],
      findings: [finding(['pg_trgm', 'pgcrypto']), finding(['pg_trgm', 'amcheck'])],
    },
    {},
  )
  expect(edits).toEqual([{ path, to: ['pg_trgm', 'pgcrypto', 'amcheck'] }])
  expect(adoptedText(edits, text, file)).toContain('extensions: [pg_trgm, pgcrypto, amcheck]')
})

test('what would be no valid spec is refused, and so is code', () => {
  expect(() => adoptedText([{ path: 'roles.shop.access', to: 'king' }], text, file)).toThrow(/king|access/)
  expect(() => adoptedText([{ path: 'roles.shop.access', to: 'owner' }], text, '/srv/pgherd.ts')).toThrow(
    'is code, which only its author can change; nothing was adopted',
  )
})
