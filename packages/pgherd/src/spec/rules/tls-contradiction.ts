import { mend } from '../../diagnostic/diagnostic.ts'
import { isHostName, isIpAddress } from '../addresses.ts'
import type { SpecFinding } from '../finding.ts'
import { durationText } from '../quantities.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

/** Shorter certificates would be renewed faster than a stopped agent is noticed. */
const shortestLifetime = 3600
const day = 86_400

export const tlsContradiction: SpecRule = {
  id: 'tls-contradiction',
  why: 'A certificate would be renewed all the time, never, or for a host nobody can name.',
  *examine(spec): Iterable<SpecFinding> {
    const { certificate, hosts, lifetime, renewBefore } = spec.tls
    if (certificate && hosts.length > 0) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail:
          'tls.hosts says which names pgherd puts into its certificate, but tls.certificate is your own, which pgherd cannot change',
        mend: mend.advice('remove tls.hosts, and have your certificate issued for those names'),
        path: ['tls', 'hosts'],
        involves: [['tls', 'certificate']],
      }
    }
    if (lifetime < shortestLifetime) {
      yield {
        code: 'SPEC_INVALID',
        detail: `tls.lifetime is ${durationText(lifetime)}; below an hour a short pause of the agent already locks every client out`,
        mend: mend.edit('tls.lifetime', '90d'),
        path: ['tls', 'lifetime'],
      }
    } else if (renewBefore >= lifetime) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: `tls.renewBefore (${durationText(renewBefore)}) is not shorter than tls.lifetime (${durationText(lifetime)}), so a new certificate would already be due for renewal`,
        mend: mend.edit(
          'tls.renewBefore',
          durationText(lifetime < 3 * day ? Math.floor(lifetime / 3) : Math.floor(lifetime / 3 / day) * day),
        ),
        path: ['tls', 'renewBefore'],
        involves: [['tls', 'lifetime']],
      }
    }
    for (const [index, host] of hosts.entries()) {
      if (isIpAddress(host) || isHostName(host, { wildcard: true })) continue
      yield {
        code: 'SPEC_INVALID',
        detail: `${shown(host)} in tls.hosts is neither a host name nor an address, so no client could ever match it`,
        mend: mend.advice('write a name such as db.example.org or an address, without a port'),
        path: ['tls', 'hosts', String(index)],
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      tls: {
        hosts: ['db.example.org', '*.db.example.org', '192.0.2.7', 'fd00::1'],
        lifetime: '30d',
        renewBefore: '10d',
      },
    },
    bad: [
      {
        spec: { name: 'a', tls: { hosts: ['db'], certificate: { cert: 'c', key: 'k', ca: 'a' } } },
        at: 'tls.hosts',
      },
      { spec: { name: 'a', tls: { lifetime: '30d' } }, at: 'tls.renewBefore' },
      { spec: { name: 'a', tls: { lifetime: '10min', renewBefore: '1min' } }, at: 'tls.lifetime' },
      { spec: { name: 'a', tls: { hosts: ['https://db.example.org'] } }, at: 'tls.hosts.0' },
    ],
  },
}
