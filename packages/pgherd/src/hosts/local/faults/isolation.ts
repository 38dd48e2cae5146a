import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import type { Member } from '../../../topology/topology.ts'
import { writeWholeFile } from '../../whole-file.ts'
import { classHierarchy, enclose, release, requireClassHierarchy } from './control-group.ts'
import { isolationRules, portIsolationRules, removalRules } from './isolation-rules.ts'
import { openConnections } from './open-connections.ts'

/** The name of everything an isolation makes: known from the state directory, so that any later pgherd finds it. */
export function isolationName(state: string): string {
  return `pgherd_${digest(state).slice(0, 12)}`
}

/** Tells, while it is there, that the member is cut off: `<run>/isolated.json`. */
export function isolationNote(member: Member): string {
  return `${member.paths.run}/isolated.json`
}

/**
 * Cuts a member of this machine off (isolation-rules.ts). `list` gives its processes, the supervisor included. With
 * `ports` only servers on these ports are out of reach, its own for the others and those of the others for it.
 * Throws DiagnosticError FAULTS_UNAVAILABLE.
 */
export function isolateMember(
  member: Member,
  list: () => readonly number[],
  ports?: readonly number[],
): void {
  const { address, paths } = member
  if (process.geteuid?.() !== 0)
    throw unavailable(member, 'only root may change the packet filter', 'sudo', 'pgherd', 'drill')
  if (!isIPv4(address))
    throw unavailable(member, `its address ${address} is no IPv4 address`, 'pgherd', 'status')
  if (spawnSync('nft', ['--version']).status !== 0)
    throw unavailable(member, 'nft(8) is not installed', 'apt-get', 'install', 'nftables')
  const name = isolationName(paths.state)
  try {
    writeWholeFile(
      isolationNote(member),
      `${JSON.stringify({ table: name, since: new Date().toISOString() })}\n`,
      {
        mode: 0o644,
      },
    )
    const hierarchy = requireClassHierarchy()
    const classId = Number.parseInt(digest(paths.state).slice(0, 7), 16) + 1
    enclose(hierarchy, name, classId, list)
    const isolated = { address, classId, open: openConnections(list()) }
    filter(ports ? portIsolationRules(name, isolated, ports) : isolationRules(name, isolated))
  } catch (error) {
    rejoinMember(member)
    if (error instanceof DiagnosticError) throw error
    throw unavailable(
      member,
      error instanceof Error ? error.message : String(error),
      'nft',
      'list',
      'ruleset',
    )
  }
}

/** Takes back what `isolateMember` did, as far as it came. */
export function rejoinMember(member: Member): void {
  if (process.geteuid?.() !== 0) return
  const name = isolationName(member.paths.state)
  if (spawnSync('nft', ['--version']).status === 0) filter(removalRules(name))
  const hierarchy = classHierarchy()
  if (hierarchy !== undefined) release(hierarchy, name)
  rmSync(isolationNote(member), { force: true })
}

function filter(rules: string): void {
  const { status, stderr } = spawnSync('nft', ['-f', '-'], { input: rules, encoding: 'utf8' })
  if (status !== 0) throw new Error(`nft refused the rules: ${stderr.trim()}`)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function unavailable({ name }: Member, why: string, ...argv: string[]): DiagnosticError {
  return new DiagnosticError(
    diagnose('FAULTS_UNAVAILABLE', {
      detail: `${name} cannot be cut off from the others here: ${why}`,
      mend: mend.run(...argv),
      at: { member: name },
    }),
  )
}
