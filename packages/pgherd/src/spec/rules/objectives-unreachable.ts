import { mend } from '../../diagnostic/diagnostic.ts'
import type { SpecFinding } from '../finding.ts'
import { durationText } from '../quantities.ts'
import type { SpecRule } from './rule.ts'

export const objectivesUnreachable: SpecRule = {
  id: 'objectives-unreachable',
  why: 'The objective promises something the rest of the spec rules out.',
  *examine(spec): Iterable<SpecFinding> {
    const { objectives, retention, synchronous } = spec.backups
    if (objectives.rpo === 0 && !synchronous) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail:
          'backups.objectives.rpo is 0, nothing may be lost, but commits do not wait for the archive, so the last second can be',
        mend: mend.edit('backups.synchronous', true),
        path: ['backups', 'objectives', 'rpo'],
        involves: [['backups', 'synchronous']],
      }
    }
    if (objectives.rto === 0) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: 'backups.objectives.rto is 0, but a restore always takes time',
        mend: mend.edit('backups.objectives.rto', '1h'),
        path: ['backups', 'objectives', 'rto'],
      }
    }
    if (retention.window < objectives.rpo) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: `backups.retention.window is ${durationText(retention.window)}, shorter than the loss of ${durationText(objectives.rpo)} that backups.objectives.rpo allows, so WAL would be removed while it is still promised`,
        mend: mend.edit('backups.retention.window', '7d'),
        path: ['backups', 'retention', 'window'],
        involves: [['backups', 'objectives', 'rpo']],
      }
    }
  },
  examples: {
    good: { name: 'a', backups: { synchronous: true, objectives: { rpo: '0s', rto: '10min' } } },
    bad: [
      { spec: { name: 'a', backups: { objectives: { rpo: '0s' } } }, at: 'backups.objectives.rpo' },
      { spec: { name: 'a', backups: { objectives: { rto: '0s' } } }, at: 'backups.objectives.rto' },
      {
        spec: { name: 'a', backups: { retention: { window: '1h' }, objectives: { rpo: '1d' } } },
        at: 'backups.retention.window',
      },
    ],
  },
}
