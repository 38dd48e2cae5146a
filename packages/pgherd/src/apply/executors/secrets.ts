import type { Executor } from '../executor.ts'

export const provideSecret: Executor<'provide-secret'> = (action, { secrets }) =>
  secrets.provide(action.id, action.reference, action.as)
