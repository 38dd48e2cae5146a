import type { SpecInput } from './schema.ts'

/** Types a spec written in TypeScript; returns it as it is. Validation happens when it is loaded. */
export function defineDatabase(spec: SpecInput): SpecInput {
  return spec
}
