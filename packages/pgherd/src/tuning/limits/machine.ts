import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { MB, roughSize, sizeText } from '../size-text.ts'
import type { Limit } from './limit.ts'

/** What the spec declares exists on the machine. */
export const machine: Limit = ({ spec, facts }) => {
  const findings = []
  const { memory: declared, cpus } = spec.postgres
  if (declared !== undefined && declared > facts.memoryBytes) {
    findings.push(
      diagnose('MEMORY_ABOVE_MACHINE', {
        detail: `postgres.memory is ${roughSize(declared)}, but ${roughSize(facts.memoryBytes)} can be used here (the machine or its cgroup limit); the kernel would kill the server`,
        mend: mend.edit('postgres.memory', sizeText(Math.floor(facts.memoryBytes / MB) * MB)),
        at: { path: 'postgres.memory' },
      }),
    )
  }
  if (cpus !== undefined && cpus > facts.cpus) {
    findings.push(
      diagnose('CPUS_ABOVE_MACHINE', {
        detail: `postgres.cpus is ${cpus}, but ${facts.cpus} can be used here; settings follow ${facts.cpus}`,
        mend: mend.edit('postgres.cpus', facts.cpus),
        at: { path: 'postgres.cpus' },
      }),
    )
  }
  return findings
}
