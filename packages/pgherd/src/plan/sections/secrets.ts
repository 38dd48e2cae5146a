import type { Observed } from '../observed.ts'
import type { Section } from '../section.ts'
import type { WantedSecret } from '../wanted.ts'

/** Secrets are there; values are made or fetched by apply, never held by a plan. */
export const secrets: Section = {
  name: 'secrets',
  draft: (wanted, observed) =>
    wanted.secrets
      .filter(({ id }) => !observed.secrets.includes(id))
      .map((secret) => ({
        id: `secret:${secret.id}`,
        title: 'generated' in secret.reference ? `generate secret ${secret.id}` : `fetch secret ${secret.id}`,
        ...reason(secret, observed),
        impact: 'nothing' as const,
        action: { do: 'provide-secret' as const, id: secret.id, reference: secret.reference, as: secret.as },
      })),
}

/** Whether the last `up` left it there: known of passwords, whose roles it declared, and of the token every agent has. */
function reason(
  { id, reference }: WantedSecret,
  { applied }: Observed,
): { because: string; cause: 'create' | 'repair' } {
  const known = id === 'agent-token' || applied?.objects.roles.some(({ secret }) => secret === id) === true
  if (!applied || !known) return { because: 'it does not exist', cause: 'create' }
  const because =
    'generated' in reference ? 'its file is gone' : 'it is gone, or where it comes from has another value now'
  return { because, cause: 'repair' }
}
