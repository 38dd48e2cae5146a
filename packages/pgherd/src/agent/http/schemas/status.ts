import { verdictSchema } from './catalogue.ts'
import { clusterStatusSchema } from './cluster-status.ts'
import { diagnosticSchema } from './diagnostic.ts'
import { drillStatusSchema } from './drill-status.ts'

const time = { type: 'string', format: 'date-time' } as const
const timeOrNull = { type: ['string', 'null'], format: 'date-time' } as const
const amountOrNull = { type: ['number', 'null'], minimum: 0 } as const

export const memberSchema = {
  type: 'object',
  required: ['name', 'role', 'timeline', 'lagBytes', 'version', 'flavour', 'state'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    role: { type: 'string', enum: ['primary', 'standby'] },
    timeline: { type: ['integer', 'null'], minimum: 1 },
    lagBytes: amountOrNull,
    version: { type: 'string' },
    flavour: { type: 'string', enum: ['embedded', 'system', 'path'] },
    state: { type: 'string', enum: ['up', 'refusing', 'down', 'frozen', 'unknown'] },
    lagSeconds: { type: 'number', minimum: 0 },
    sync: { type: 'string', enum: ['async', 'sync', 'quorum', 'none'] },
  },
} as const

const archiveSchema = {
  type: 'object',
  required: ['state', 'lagBytes', 'lagSeconds'],
  additionalProperties: false,
  properties: {
    state: { type: 'string', enum: ['streaming', 'connecting', 'failing', 'off', 'unknown'] },
    lagBytes: amountOrNull,
    lagSeconds: amountOrNull,
  },
} as const

/** JSON Schema of status-document.ts, published as schema/status.schema.json. */
export const statusSchema = {
  type: 'object',
  required: ['name', 'healthy', 'members', 'proof', 'backups', 'certificates', 'findings'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    healthy: { type: 'boolean', description: 'The server answers and no finding is an error' },
    members: { type: 'array', items: memberSchema },
    proof: {
      type: ['object', 'null'],
      required: ['provenAt', 'rtoSeconds', 'rpoSeconds', 'backup', 'ok', 'verdict', 'comparedShare'],
      additionalProperties: false,
      properties: {
        provenAt: time,
        rtoSeconds: amountOrNull,
        rpoSeconds: amountOrNull,
        backup: { type: 'string' },
        ok: { type: 'boolean', description: 'True for the verdict "proven"' },
        verdict: verdictSchema,
        comparedShare: {
          type: ['number', 'null'],
          minimum: 0,
          maximum: 1,
          description: 'Share of the contents that was compared with the live server; null: nothing was',
        },
      },
    },
    backups: {
      type: 'object',
      required: ['count', 'newest', 'windowFrom', 'windowTo', 'archive'],
      additionalProperties: false,
      properties: {
        count: { type: 'integer', minimum: 0 },
        newest: timeOrNull,
        windowFrom: timeOrNull,
        windowTo: timeOrNull,
        archive: archiveSchema,
      },
    },
    certificates: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'subject', 'notAfter'],
        additionalProperties: false,
        properties: { name: { type: 'string' }, subject: { type: 'string' }, notAfter: { type: 'string' } },
      },
    },
    cluster: clusterStatusSchema,
    drills: drillStatusSchema,
    findings: { type: 'array', items: diagnosticSchema },
  },
} as const

export const windowSchema = {
  type: 'object',
  required: ['from', 'to', 'archive'],
  additionalProperties: false,
  properties: { from: timeOrNull, to: timeOrNull, archive: archiveSchema },
} as const

export const membersSchema = {
  type: 'object',
  required: ['members'],
  additionalProperties: false,
  properties: { members: { type: 'array', items: memberSchema } },
} as const
