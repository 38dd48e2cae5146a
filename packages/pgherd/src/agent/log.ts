/** The part of a pino logger that the agent uses; tests pass their own. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
