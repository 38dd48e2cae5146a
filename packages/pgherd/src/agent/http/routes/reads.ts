import type { FastifyInstance } from 'fastify'
import type { HttpParts } from '../parts.ts'
import { backupsSchema, proofsSchema } from '../schemas/catalogue.ts'
import { membersSchema, statusSchema, windowSchema } from '../schemas/status.ts'

/** What there is to read of the API, version 1. */
export function readRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.get(
    '/api/v1/status',
    { schema: { summary: 'What `pgherd status --json` prints', response: { 200: statusSchema } } },
    () => parts.current(),
  )

  app.get(
    '/api/v1/members',
    { schema: { summary: 'Members of this database', response: { 200: membersSchema } } },
    () => ({ members: parts.status().members }),
  )

  app.get(
    '/api/v1/window',
    {
      schema: { summary: 'From when to when the database can be restored', response: { 200: windowSchema } },
    },
    () => {
      const { windowFrom, windowTo, archive } = parts.status().backups
      return { from: windowFrom, to: windowTo, archive }
    },
  )

  app.get(
    '/api/v1/backups',
    { schema: { summary: 'Finished base backups, newest first', response: { 200: backupsSchema } } },
    async () => ({
      backups: await parts.backups(),
    }),
  )

  app.get(
    '/api/v1/proofs',
    { schema: { summary: 'Proofs, newest first', response: { 200: proofsSchema } } },
    async () => ({ proofs: await parts.proofs() }),
  )

  app.get('/api/v1/openapi.json', { schema: { summary: 'This description' } }, () => app.swagger())
}
