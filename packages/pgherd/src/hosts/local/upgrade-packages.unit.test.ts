import { expect, test } from 'vitest'
import { readSimulation } from './upgrade-packages.ts'

test('what apt-get would bring to another version is read, and what it would add is not', () => {
  const text = `NOTE: This is only a simulation!
Reading package lists...
Skipping redis-server, it is not installed and only upgrades are requested.
The following packages will be upgraded:
  postgresql-15 postgresql-client-15
Inst postgresql-15 [15.18-0+deb12u1] (15.20-0+deb12u1 Debian-Security:12/oldstable-security [amd64]) []
Inst postgresql-client-15 [15.18-0+deb12u1] (15.20-0+deb12u1 Debian-Security:12/oldstable-security [amd64])
Inst libnew1 (1.0-1 Debian:12.9/oldstable [amd64])
Conf postgresql-15 (15.20-0+deb12u1 Debian-Security:12/oldstable-security [amd64])
`
  expect(readSimulation(text)).toEqual([
    { name: 'postgresql-15', from: '15.18-0+deb12u1', to: '15.20-0+deb12u1' },
    { name: 'postgresql-client-15', from: '15.18-0+deb12u1', to: '15.20-0+deb12u1' },
  ])
  expect(readSimulation('Reading package lists...\n')).toEqual([])
})
