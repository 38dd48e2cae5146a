import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { seconds } from './amount.ts'
import type { Check } from './check.ts'
import type { CertificateObservation } from './observation.ts'

/**
 * Certificates that end soon, of every member. The agent renews pgherd's own `tls.renewBefore` ahead, so a finding before
 * that would be noise: it comes when half of that time is gone, and at once for an unreadable file.
 */
export const certificateExpiring: Check<readonly CertificateObservation[]> = {
  id: 'certificate-expiring',
  about: 'server',
  everySeconds: 3600,
  probe: { kind: 'observed', read: (observation) => observation.certificates },
  judge(certificates, { spec, member, now }) {
    const how = spec.tls.certificate
      ? mend.advice(
          'Put a new certificate, key and CA at the paths of tls.certificate and run pgherd up; where the agent may read them, it installs them by itself within the hour.',
        )
      : mend.run('pgherd', 'up')
    return certificates.flatMap((each) => {
      const owner = each.member ?? member.name
      const at = { member: owner, path: 'tls' }
      if (each.problem !== null)
        return [
          diagnose('CERTIFICATE_UNREADABLE', {
            detail: `The certificate ${each.path} of ${owner} cannot be used: ${each.problem}.`,
            mend: how,
            at,
          }),
        ]
      const left = (Date.parse(each.notAfter) - now.getTime()) / 1000
      if (left <= 0)
        return [
          diagnose('CERTIFICATE_EXPIRED', {
            detail: `The certificate ${each.name} (${each.subject}) of ${owner} expired at ${each.notAfter}; clients that verify it are refused.`,
            mend: how,
            at,
          }),
        ]
      if (left >= spec.tls.renewBefore / 2) return []
      return [
        diagnose('CERTIFICATE_EXPIRING', {
          detail: `The certificate ${each.name} (${each.subject}) of ${owner} ends in ${seconds(left)}, at ${each.notAfter}${spec.tls.certificate ? '' : '; the agent should have renewed it by now'}.`,
          mend: how,
          at,
        }),
      ]
    })
  },
  samples: [
    {
      about: 'good',
      facts: [
        {
          name: 'server.crt',
          path: '/t/server.crt',
          subject: 'CN=pg1',
          notAfter: '2026-03-01T00:00:00Z',
          problem: null,
        },
      ],
      expect: [],
    },
    {
      about: 'ends soon',
      facts: [
        {
          name: 'server.crt',
          path: '/t/server.crt',
          subject: 'CN=pg1',
          notAfter: '2026-01-20T00:00:00Z',
          problem: null,
        },
      ],
      expect: ['CERTIFICATE_EXPIRING'],
    },
    {
      about: 'ended',
      facts: [
        {
          name: 'server.crt',
          path: '/t/server.crt',
          subject: 'CN=pg1',
          notAfter: '2026-01-10T11:59:59Z',
          problem: null,
        },
      ],
      expect: ['CERTIFICATE_EXPIRED'],
    },
    {
      about: 'not a certificate',
      facts: [{ name: 'server.crt', path: '/t/server.crt', subject: '', notAfter: '', problem: 'not PEM' }],
      expect: ['CERTIFICATE_UNREADABLE'],
    },
  ],
}
