import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import { aimAtLeader, type Drill } from '../drill.ts'
import { askMember, siteOf, type DrillSite } from '../world.ts'

const fillName = 'pgherd-drill-fill'

/**
 * Recycled segments are used up first; then the next one cannot be made, and PostgreSQL stops (wal-configuration). Until
 * then it lives and refuses what needs another page of a table, and nobody takes over. A segment without a record is not
 * left by a switch (functions-admin), so that one is written into each.
 */
const useUpSegment = [
  "SELECT pg_logical_emit_message(false, 'pgherd_drill', 'disk-full')",
  'SELECT pg_switch_wal()',
]
const countSegments = 'SELECT count(*) AS n FROM pg_ls_waldir()'

/**
 * The volume of the primary's data is full, WAL included. Only where that volume is the member's own: filling one that others
 * share would hurt them as well.
 */
export const diskFull: Drill = {
  name: 'disk-full',
  fault: 'held',
  holdSeconds: () => 10,
  needs: [],
  says: ({ member, details }) => ({
    does: `fills the volume ${details['volume'] ?? ''} of ${member}, the primary, with one file, and removes it afterwards`,
    risk: 'PostgreSQL of that member stops; logs and backups on the same volume fail as well',
    expects: 'a standby takes over without losing a write, and the member comes back once there is room',
  }),
  async aim(world, view) {
    const aim = aimAtLeader(view)
    const site = siteOf(world, aim.member)
    const directory = volumeDirectory(site)
    const [own, home] = await Promise.all([mountOf(site, directory), mountOf(site, site.member.paths.state)])
    if (own !== home) return { ...aim, details: { file: `${directory}/${fillName}`, volume: own } }
    throw new DiagnosticError(
      diagnose('DRILL_UNAVAILABLE', {
        detail: `the data of ${aim.member} lies on ${own} with everything else, and filling that would hurt more than this member`,
        mend: mend.advice(`mount a volume of its own at ${directory}`),
        at: { member: aim.member },
      }),
    )
  },
  async inject(world, { member, details }) {
    const site = siteOf(world, member)
    const file = details['file'] ?? ''
    // big blocks first, then small ones for the rest; both end with "no space left", which is what is wanted
    for (const block of ['1M', '4k']) await site.host.exec(fill(file, block))
    try {
      const [row] = await askMember(site, 'postgres', countSegments)
      for (let count = Number(row?.['n']) + 2; count > 0; count--)
        await site.host.sql(
          'postgres',
          useUpSegment.map((text) => ({ text, alone: true })),
        )
    } catch {
      // it has stopped, as it is to
    }
  },
  async heal(world, { member, details }) {
    await siteOf(world, member).host.exec(['rm', '-f', '--', details['file'] ?? ''])
  },
  expectation: ({ killPostgres, memberLoss }) => ({
    writeGap: killPostgres + memberLoss,
    basis: 'the server fails, does not start again, and a standby takes over',
  }),
}

function volumeDirectory({ member }: DrillSite): string {
  return member.paths.data.slice(0, member.paths.data.lastIndexOf('/'))
}

function fill(file: string, block: string): string[] {
  return ['dd', 'if=/dev/zero', `of=${file}`, `bs=${block}`, 'oflag=append', 'conv=notrunc', 'status=none']
}

async function mountOf({ host }: DrillSite, path: string): Promise<string> {
  const { code, stdout, stderr } = await host.exec(['stat', '--format=%m', '--', path])
  if (code === 0) return stdout.trim()
  throw new DiagnosticError(
    diagnose('DRILL_UNAVAILABLE', {
      detail: `the volume of ${path} cannot be found out: ${stderr.trim()}`,
      mend: mend.run('stat', path),
      at: { file: path },
    }),
  )
}
