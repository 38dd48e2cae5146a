import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readCgroupLimits } from './cgroup.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

/** A file system with these files, to be read instead of the machine's. */
function machine(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'cgroup-'))
  roots.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), `${text}\n`)
  }
  return root
}

const unlimited = { memoryBytes: Infinity, cpus: Infinity }
const mountV2 = '41 31 0:38 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate'

test('version 2: the tightest limit of the group and its parents counts, memory.high included', () => {
  const base = { '/proc/self/cgroup': '0::/system.slice/app.service', '/proc/self/mountinfo': mountV2 }
  const own = '/sys/fs/cgroup/system.slice/app.service'
  expect(
    readCgroupLimits(machine({ ...base, [`${own}/memory.max`]: 'max', [`${own}/cpu.max`]: 'max 100000' })),
  ).toEqual(unlimited)
  const limited = {
    ...base,
    [`${own}/memory.max`]: String(2 ** 31),
    [`${own}/cpu.max`]: '400000 100000',
    '/sys/fs/cgroup/system.slice/memory.max': String(2 ** 30),
    '/sys/fs/cgroup/system.slice/cpu.max': '150000 100000',
  }
  expect(readCgroupLimits(machine(limited))).toEqual({ memoryBytes: 2 ** 30, cpus: 1.5 })
  expect(readCgroupLimits(machine({ ...limited, [`${own}/memory.high`]: String(2 ** 29) })).memoryBytes).toBe(
    2 ** 29,
  )
})

test('version 1: each controller has a hierarchy of its own; the number near 2^63 is no limit', () => {
  const files = {
    '/proc/self/cgroup': '5:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/x',
    '/proc/self/mountinfo': [
      '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
      '32 31 0:29 / /sys/fs/cgroup/cpu\\040acct rw - cgroup cgroup rw,cpu,cpuacct',
    ].join('\n'),
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
    '/sys/fs/cgroup/memory/docker/memory.limit_in_bytes': String(3 * 2 ** 30),
    '/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '9223372036854771712',
    '/sys/fs/cgroup/cpu acct/docker/abc/cpu.cfs_quota_us': '50000',
    '/sys/fs/cgroup/cpu acct/docker/abc/cpu.cfs_period_us': '100000',
    '/sys/fs/cgroup/cpu acct/docker/cpu.cfs_quota_us': '-1',
    '/sys/fs/cgroup/cpu acct/docker/cpu.cfs_period_us': '100000',
  }
  expect(readCgroupLimits(machine(files))).toEqual({ memoryBytes: 3 * 2 ** 30, cpus: 0.5 })
})

test('in a container the mount itself is the own group when the path leads out of it', () => {
  const files = {
    '/proc/self/cgroup': '4:memory:/docker/abc\n0::/../outside',
    '/proc/self/mountinfo': [
      '35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
      mountV2,
    ].join('\n'),
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': String(2 ** 28),
    '/sys/fs/cgroup/cpu.max': '200000 100000',
  }
  expect(readCgroupLimits(machine(files))).toEqual({ memoryBytes: 2 ** 28, cpus: 2 })
})

test('without control groups nothing is limited', () => {
  expect(readCgroupLimits(machine({}))).toEqual(unlimited)
  expect(readCgroupLimits(machine({ '/proc/self/cgroup': '0::/', '/proc/self/mountinfo': mountV2 }))).toEqual(
    unlimited,
  )
})
