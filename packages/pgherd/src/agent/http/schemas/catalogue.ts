const storedFile = {
  type: 'object',
  required: ['name', 'bytes', 'sha256'],
  properties: { name: { type: 'string' }, bytes: { type: 'integer' }, sha256: { type: 'string' } },
} as const

/** backup/catalogue.ts BackupRecord; more properties may come. */
export const backupsSchema = {
  type: 'object',
  required: ['backups'],
  additionalProperties: false,
  properties: {
    backups: {
      type: 'array',
      description: 'Newest first',
      items: {
        type: 'object',
        required: [
          'id',
          'startedAt',
          'stoppedAt',
          'timeline',
          'startLsn',
          'stopLsn',
          'bytes',
          'storedBytes',
          'seconds',
          'files',
        ],
        properties: {
          id: { type: 'string' },
          systemId: { type: 'string' },
          timeline: { type: 'integer' },
          startLsn: { type: 'string' },
          stopLsn: { type: 'string' },
          startedAt: { type: 'string', format: 'date-time' },
          stoppedAt: { type: 'string', format: 'date-time' },
          serverVersion: { type: 'string' },
          bytes: { type: 'integer' },
          storedBytes: { type: 'integer' },
          seconds: { type: 'number' },
          files: { type: 'array', items: storedFile },
        },
      },
    },
  },
} as const

export const verdictSchema = {
  type: 'string',
  enum: ['proven', 'restorable', 'failed'],
  description:
    'proven: every check passed and the contents were compared; restorable: it restores, and something could not be checked',
} as const

const comparedSchema = {
  type: ['object', 'null'],
  description: 'What was compared with the live server; null: nothing could be',
  required: ['databases', 'tables', 'rows', 'bytes', 'ofBytes', 'leftOut'],
  properties: {
    databases: { type: 'integer' },
    tables: { type: 'integer' },
    rows: { type: 'number' },
    bytes: { type: 'number' },
    ofBytes: { type: 'number', description: 'Bytes of every table, those left out as well' },
    leftOut: {
      type: 'array',
      items: {
        type: 'object',
        required: ['table', 'reason'],
        properties: { table: { type: 'string' }, reason: { type: 'string' } },
      },
    },
  },
} as const

/** backup/catalogue.ts ProofRecord; more properties may come. */
export const proofsSchema = {
  type: 'object',
  required: ['proofs'],
  additionalProperties: false,
  properties: {
    proofs: {
      type: 'array',
      description: 'Newest first',
      items: {
        type: 'object',
        required: [
          'backup',
          'ok',
          'verdict',
          'provenAt',
          'rtoSeconds',
          'rpoSeconds',
          'lostCommits',
          'compared',
          'seconds',
          'checks',
        ],
        properties: {
          backup: { type: 'string' },
          ok: { type: 'boolean', description: 'True for the verdict "proven"' },
          verdict: verdictSchema,
          provenAt: { type: 'string', format: 'date-time' },
          rtoSeconds: { type: ['number', 'null'] },
          rpoSeconds: { type: ['number', 'null'] },
          lostCommits: {
            type: ['integer', 'null'],
            description: 'Commits acknowledged just before the disaster that did not come back',
          },
          compared: comparedSchema,
          seconds: { type: 'number' },
          checks: {
            type: 'array',
            items: {
              type: 'object',
              required: ['name', 'ok', 'detail', 'seconds'],
              properties: {
                name: { type: 'string' },
                ok: { type: 'boolean' },
                inconclusive: { type: 'boolean', description: 'It could not be made; ok is false' },
                detail: { type: 'string' },
                seconds: { type: 'number' },
              },
            },
          },
        },
      },
    },
  },
} as const
