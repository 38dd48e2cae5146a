import type { Section } from '../section.ts'

/** PGDATA exists. What must not be touched was refused before (plan/refusals.ts). */
export const dataDirectory: Section = {
  name: 'data-directory',
  draft: ({ data }, observed) =>
    data?.initdb === undefined || observed.data.state === 'cluster'
      ? []
      : [
          {
            id: 'data-directory',
            title: `initialise the data directory ${data.path}`,
            because: 'there is none',
            cause: 'create' as const,
            impact: 'nothing' as const,
            action: {
              do: 'initialize-data-directory' as const,
              data: data.path,
              initdb: data.initdb,
            },
          },
        ],
}
