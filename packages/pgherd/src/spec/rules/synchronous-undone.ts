import { mend } from '../../diagnostic/diagnostic.ts'
import { waitsForStandby } from '../cluster.ts'
import type { SpecFinding } from '../finding.ts'
import { formatPath, shownPath, type SpecPath } from '../path.ts'
import type { SpecRule } from './rule.ts'

/** Values of synchronous_commit that do not wait for the archive (PostgreSQL documentation, "Write Ahead Log"). */
const notWaiting = ['off', 'local', 'false', 'no', '0']

export const synchronousUndone: SpecRule = {
  id: 'synchronous-undone',
  why: 'Commits would be reported as safe that the archive does not have.',
  *examine(spec): Iterable<SpecFinding> {
    const archive = spec.backups.synchronous
    if (!archive && !waitsForStandby(spec)) return
    const wanted = archive ? ['backups', 'synchronous'] : ['topology', 'durability']
    const places: { path: SpecPath; settings: Readonly<Record<string, string>> }[] = [
      { path: ['postgres', 'settings'], settings: spec.postgres.settings },
      ...Object.entries(spec.databases).map(([name, { settings }]) => ({
        path: ['databases', name, 'settings'],
        settings,
      })),
      ...Object.entries(spec.roles).map(([name, { settings }]) => ({
        path: ['roles', name, 'settings'],
        settings,
      })),
    ]
    for (const { path, settings } of places) {
      for (const [name, value] of Object.entries(settings)) {
        if (name.toLowerCase() !== 'synchronous_commit' || !notWaiting.includes(value.toLowerCase())) continue
        const at = [...path, name]
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: archive
            ? `backups.synchronous makes commits wait for the archive, but ${shownPath(at)} lets them go without`
            : `commits of this cluster wait for a second member (topology.durability), but ${shownPath(at)} lets them go without, so they are lost with the primary`,
          mend: mend.advice(
            `remove ${formatPath(at)}, or ${archive ? 'set backups.synchronous to false' : 'write topology.durability: async'}`,
          ),
          path: at,
          involves: [wanted],
        }
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      backups: { synchronous: true },
      postgres: { settings: { synchronous_commit: 'remote_write' } },
    },
    bad: [
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3 },
          roles: { r: { access: 'monitor', settings: { synchronous_commit: 'local' } } },
        },
        at: 'roles.r.settings.synchronous_commit',
      },
      {
        spec: {
          name: 'a',
          backups: { synchronous: true },
          postgres: { settings: { synchronous_commit: false } },
        },
        at: 'postgres.settings.synchronous_commit',
      },
      {
        spec: {
          name: 'a',
          backups: { synchronous: true },
          roles: { m: { access: 'monitor', settings: { synchronous_commit: 'local' } } },
        },
        at: 'roles.m.settings.synchronous_commit',
      },
    ],
  },
}
