import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RenderInput } from '../component.ts'
import { dcsSettings, dynamicConfig } from './dynamic-config.ts'
import { patroniInput } from './patroni.testkit.ts'
import { renderPatroniYml } from './patroni-yml.ts'

/** Runs Python with the packages of the installed Patroni: the interpreter of Debian, not one of the PATH. */
function python(program: string, rendered: string): unknown {
  const directory = mkdtempSync(join(tmpdir(), 'pgy-'))
  try {
    const { uid, gid } = unprivilegedAccount()
    const file = join(directory, 'patroni.yml')
    writeFileSync(file, rendered, { mode: 0o600 })
    for (const path of [directory, file]) chownSync(path, uid, gid)
    const out = execFileSync('/usr/bin/python3', ['-c', program, file], {
      uid,
      gid,
      encoding: 'utf8',
      cwd: '/',
    })
    return JSON.parse(out)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const asPyYamlReadsIt = `
import json, sys, yaml
print(json.dumps(yaml.safe_load(open(sys.argv[1])), default=repr))`

interface Read {
  readonly bootstrap: { readonly dcs: object }
  readonly postgresql: { readonly parameters: Readonly<Record<string, unknown>> }
}

const parametersOf = (input: RenderInput) =>
  (python(asPyYamlReadsIt, renderPatroniYml(input)) as Read).postgresql.parameters

test('PyYAML reads every setting as the text it is, and the dynamic configuration as it was', () => {
  const input = patroniInput('3.0.2')
  const read = python(asPyYamlReadsIt, renderPatroniYml(input)) as Read
  expect(read.bootstrap.dcs).toEqual(dynamicConfig(input))
  const values = Object.values(read.postgresql.parameters)
  expect(values.filter((value) => typeof value !== 'string')).toEqual([])
  expect(values.length).toBeGreaterThan(50)
})

/** Texts YAML 1.1 takes for something else, and characters it has a use for. */
const treacherous = fc.oneof(
  fc.constantFrom(
    'on',
    'No',
    'y',
    'null',
    '~',
    '',
    '0755',
    '10:00:00',
    '1_000',
    '0x1F',
    '1e3',
    '.inf',
    '=',
    '<<',
  ),
  fc.constantFrom(
    '2001-12-14',
    '- a',
    '# a',
    'a: b',
    '%m [%p] ',
    '*a',
    '&a',
    '!a',
    "it's",
    '"$user", public',
    '{{a}}',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(text)),
)

test('no value of a setting is taken for anything but itself', () => {
  const values = fc.sample(treacherous, { numRuns: 400, seed: 3 })
  const settings = values.map((value, index) => ({
    name: `a.b${index}`,
    value,
    reason: '',
    source: 'spec' as const,
  }))
  const read = parametersOf({ ...patroniInput('3.0.2'), settings })
  expect(settings.map(({ name }) => read[name])).toEqual(values)
})

/** What the installed Patroni makes of the file once the DCS holds the dynamic configuration. */
const asPatroniReadsIt = `
import json, sys
from patroni.config import Config
from patroni.postgresql.validator import transform_postgresql_parameter_value
config = Config(sys.argv[1], None)
local = config.local_configuration if hasattr(config, 'local_configuration') else config._local_configuration
dynamic = local['bootstrap']['dcs']
config.set_dynamic_configuration(dynamic)
parameters = local['postgresql']['parameters']
json.dump({
  'effective': {name: config[name] for name in dynamic if name not in ('postgresql', 'slots')},
  'parameters': {name: config['postgresql']['parameters'].get(name) for name in dynamic['postgresql']['parameters']},
  'dropped': [name for name, value in parameters.items()
              if transform_postgresql_parameter_value(150000, name, value) is None],
  'authentication': sorted(config['postgresql']['authentication']),
}, sys.stdout)`

test.each(['async', 'sync', 'strict'] as const)(
  'the installed Patroni takes over the whole file with durability %s and drops no setting',
  (durability) => {
    const input = patroniInput('3.0.2', { topology: { durability, failover: 'fast' } })
    const { postgresql, slots: _slots, ...top } = dynamicConfig(input)
    const read = python(asPatroniReadsIt, renderPatroniYml(input)) as Record<string, unknown>
    expect(read).toEqual({
      // Patroni makes a number of every switch but three (config.py, _safe_copy_dynamic_configuration)
      effective: { ...top, check_timeline: 1 },
      parameters: (postgresql as { parameters: object }).parameters,
      dropped: [],
      authentication: ['replication', 'rewind', 'superuser'],
    })
  },
)

test('Patroni decides about exactly the settings that are left out of the file', () => {
  const cmdline = python(
    `
import json
from patroni.postgresql.config import ConfigHandler
print(json.dumps(list(ConfigHandler.CMDLINE_OPTIONS)))`,
    '',
  ) as readonly string[]
  // wal_keep_segments ended with PostgreSQL 13; listen_addresses and port come from postgresql.listen
  const decided = cmdline.filter((name) => name !== 'wal_keep_segments')
  const local = parametersOf(patroniInput('3.0.2'))
  expect(decided.filter((name) => name in local)).toEqual([])
  const itself = ['listen_addresses', 'port', 'cluster_name', 'hot_standby', 'wal_log_hints']
  expect([...dcsSettings, ...itself].sort()).toEqual([...decided, 'max_slot_wal_keep_size'].sort())
})
