import { jobKinds } from '../../scheduler/job.ts'
import { diagnosticSchema } from './diagnostic.ts'

const timeOrNull = { type: ['string', 'null'], format: 'date-time' } as const

export const jobSchema = {
  type: 'object',
  required: [
    'id',
    'kind',
    'cause',
    'state',
    'queuedAt',
    'startedAt',
    'finishedAt',
    'seconds',
    'progress',
    'summary',
    'findings',
  ],
  additionalProperties: false,
  properties: {
    id: { type: 'string' },
    kind: { type: 'string', enum: [...jobKinds] },
    cause: {
      type: 'string',
      description: 'schedule, catch-up, request, retry, resume, archive-gap, new-backup, new-proof or start',
    },
    state: { type: 'string', enum: ['queued', 'running', 'done', 'failed', 'interrupted'] },
    queuedAt: { type: 'string', format: 'date-time' },
    startedAt: timeOrNull,
    finishedAt: timeOrNull,
    seconds: { type: ['number', 'null'], minimum: 0 },
    progress: {
      type: ['object', 'null'],
      required: ['message', 'share'],
      additionalProperties: false,
      properties: {
        message: { type: 'string' },
        share: { type: ['number', 'null'], minimum: 0, maximum: 1 },
      },
    },
    summary: { type: ['string', 'null'] },
    findings: { type: 'array', items: diagnosticSchema },
  },
} as const

export const jobsSchema = {
  type: 'object',
  required: ['jobs', 'next'],
  additionalProperties: false,
  properties: {
    jobs: { type: 'array', items: jobSchema, description: 'Newest first, at most 200' },
    next: {
      type: 'object',
      description: 'When the schedule of each kind comes round next',
      additionalProperties: timeOrNull,
    },
  },
} as const

export const acceptedSchema = {
  type: 'object',
  required: ['job'],
  additionalProperties: false,
  properties: { job: jobSchema },
} as const
