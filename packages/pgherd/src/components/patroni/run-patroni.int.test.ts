import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderRunPatroni } from './run-patroni-py.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pgy-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** What the launcher prints, started by Debian's Python as the unit starts it. */
function launched(argv: readonly string[], options: readonly string[] = []): string {
  const file = join(directory, 'run-patroni.py')
  writeFileSync(file, renderRunPatroni())
  return execFileSync('/usr/bin/python3', [...options, file, ...argv], { encoding: 'utf8' }).trim()
}

test('the installed Patroni starts by it, with its arguments', () => {
  const version = execFileSync('/usr/bin/patroni', ['--version'], { encoding: 'utf8' }).trim()
  expect(version).toMatch(/^patroni \d/)
  expect(launched(['/usr/bin/patroni', '--version'])).toBe(version)
})

test('the installed Patroni looks for the end of its PostgreSQL as often as it is told', () => {
  const program = join(directory, 'program.py')
  writeFileSync(
    program,
    `import inspect, sys
from patroni import postgresql
print(postgresql.STOP_POLLING_INTERVAL, sys.argv[1:], 'STOP_POLLING_INTERVAL' in inspect.getsource(postgresql.Postgresql._do_stop))`,
  )
  expect(launched([program, 'patroni.yml'])).toBe("0.1 ['patroni.yml'] True")
})

test('what a dying etcd says last is no refusal: Patroni asks the next one, and without any its failsafe', () => {
  const program = join(directory, 'program.py')
  writeFileSync(
    program,
    `from types import SimpleNamespace
from patroni.dcs import Leader, etcd3
from patroni.utils import Retry

# what comes of the renewal of a lock when etcd gives these answers, one after the other
def renewed(answers):
    def keepalive(lease, retry):
        answer = answers.pop(0)
        if isinstance(answer, dict):
            etcd3._raise_for_data(answer, 500)
        if answer is None:
            etcd3.PatroniEtcd3Client._load_machines_cache(SimpleNamespace(
                _config={'hosts': []}, _get_machines_cache_from_config=lambda: []))
        return answer
    dcs = etcd3.Etcd3.__new__(etcd3.Etcd3)
    dcs._ttl, dcs._lease, dcs._has_failed, dcs._loop_wait, dcs._last_lease_refresh = 8, 'lease', False, 1, 0
    dcs._client = SimpleNamespace(lease_keepalive=keepalive, ERROR_CLS=etcd3.Etcd3Error)
    retriable = (etcd3.DeadlineExceeded, etcd3.Unavailable, etcd3.FailedPrecondition)
    dcs._retry = Retry(deadline=1, max_delay=0.1, max_tries=-1, retry_exceptions=retriable)
    etcd3.Etcd3.cluster = SimpleNamespace(leader=Leader(1, 'lease', None))
    try:
        return dcs._update_leader()
    except etcd3.Etcd3Error:
        return 'failsafe'

dying = {'error': 'OK: HTTP status code 200; transport: missing content-type field', 'code': 2}
refused = {'error': 'etcdserver: permission denied', 'code': 7}
print(renewed([dying, 8]), renewed([dying] * 1000), renewed([None]), renewed([refused]))`,
  )
  expect(launched([program]).split('\n').at(-1)).toBe('True failsafe failsafe False')
})

test('a Patroni that is made otherwise starts all the same, and says what it runs without', () => {
  const program = join(directory, 'program.py')
  writeFileSync(
    program,
    `import patroni.postgresql
print(patroni.postgresql.STOP_POLLING_INTERVAL, 'runs')`,
  )
  const packages = join(directory, 'packages', 'patroni')
  mkdirSync(join(packages, 'dcs'), { recursive: true })
  for (const file of ['__init__.py', 'postgresql.py', 'dcs/__init__.py', 'dcs/etcd3.py'])
    writeFileSync(join(packages, file), '')
  const file = join(directory, 'run-patroni.py')
  writeFileSync(file, renderRunPatroni())
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', [file, program], {
    encoding: 'utf8',
    env: { PYTHONPATH: join(directory, 'packages') },
  })
  expect([status, stdout.trim()]).toEqual([0, '0.1 runs'])
  expect(stderr.trim().split('\n')).toEqual(
    ['compare_leader', 'retry_unknown', 'tell_connection_failed'].map(
      (name) => expect.stringContaining(`runs without ${name}: `) as unknown,
    ),
  )
})

test('a Patroni of another Python is started as it is', () => {
  expect(launched(['/bin/echo', 'patroni.yml'], ['-S'])).toBe('patroni.yml')
})
