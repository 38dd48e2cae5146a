import { X509Certificate } from 'node:crypto'
import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import { certificateExpiring } from '../../../checks/certificate-expiring.ts'
import { memberNamed } from '../../../topology/topology.ts'
import { unnoticed, type Drill, type DrillCheck } from '../drill.ts'
import { servedCertificateEnd } from '../served-certificate.ts'
import { siteOf, type DrillWorld } from '../world.ts'

const lifetimeSeconds = 2 * 3600

/** A certificate is about to end: it is seen, renewed and served without a client noticing. */
export const certExpiry: Drill = {
  name: 'cert-expiry',
  fault: 'held',
  holdSeconds: () => 3,
  needs: ['issueCertificate'],
  says: ({ member }) => ({
    does: `gives ${member}, a standby, a certificate that ends in two hours, and renews it afterwards`,
    risk: 'if the renewal fails, the member cannot be reached in two hours',
    expects: 'the finding comes, the new certificate is served, and no client sees an error',
  }),
  aim(world, view) {
    const standby = view.members.find(({ name }) => name !== view.leader)
    if (standby && world.topology.spec.tls.certificate === undefined)
      return Promise.resolve({ member: standby.name, details: {} })
    throw new DiagnosticError(
      diagnose('DRILL_UNAVAILABLE', {
        detail: standby
          ? 'tls.certificate is your own, so pgherd cannot issue another'
          : 'there is no standby',
        mend: mend.advice('this drill is for certificates of the own CA of pgherd'),
      }),
    )
  },
  async inject(world, { member }) {
    await world.issueCertificate?.(member, lifetimeSeconds)
    await reload(world, member)
  },
  async heal(world, { member }) {
    await world.issueCertificate?.(member)
    await reload(world, member)
  },
  async checkDuring(world, { member }): Promise<readonly DrillCheck[]> {
    const end = await fileEnd(world, member)
    const certificate = {
      name: 'server.crt',
      path: certificatePath(world, member),
      subject: member,
      notAfter: end.toISOString(),
      problem: null,
    }
    const context = {
      spec: world.topology.spec,
      member: memberNamed(world.topology, member),
      now: world.now(),
    }
    const codes = certificateExpiring.judge([certificate], context).map(({ code }) => code)
    return [
      {
        name: 'the coming end is a finding',
        ok: codes.includes('CERTIFICATE_EXPIRING'),
        detail: `the certificate ends at ${end.toISOString()}: ${codes.join(', ') || 'no finding'}`,
      },
      await served(world, member, 'the short certificate is served'),
    ]
  },
  async checkAfter(world, { member }): Promise<readonly DrillCheck[]> {
    const end = await fileEnd(world, member)
    const left = (end.getTime() - world.now().getTime()) / 1000
    return [
      {
        name: 'the certificate is renewed',
        ok: left > world.topology.spec.tls.renewBefore,
        detail: `it ends at ${end.toISOString()}`,
      },
      await served(world, member, 'the renewed certificate is served'),
    ]
  },
  expectation: () => ({ ...unnoticed, clientErrors: 0 }),
}

function certificatePath({ topology }: DrillWorld, member: string): string {
  return `${memberNamed(topology, member).paths.tls}/server.crt`
}

async function fileEnd(world: DrillWorld, member: string): Promise<Date> {
  const pem = await siteOf(world, member).host.readFile(certificatePath(world, member))
  return new Date(new X509Certificate(pem ?? '').validTo)
}

async function served(world: DrillWorld, member: string, name: string): Promise<DrillCheck> {
  const wanted = await fileEnd(world, member)
  const end = await servedCertificateEnd(world.endpoints.member(memberNamed(world.topology, member)))
  return {
    name,
    ok: end.getTime() === wanted.getTime(),
    detail: `PostgreSQL serves one that ends at ${end.toISOString()}`,
  }
}

/** PostgreSQL and Patroni read their certificates again; etcd reads them for every connection. */
async function reload(world: DrillWorld, member: string): Promise<void> {
  const { host, wanted } = siteOf(world, member)
  await host.sql('postgres', [{ text: 'SELECT pg_reload_conf()' }])
  const patroni = wanted.units.find(({ name }) => name === 'patroni')
  if (patroni) await host.reloadUnit(patroni)
}
